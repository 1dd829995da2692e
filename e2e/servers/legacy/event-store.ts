// Events of one session, kept for clients that come back with Last-Event-ID.
// Bounded: a client that stays away too long finds its events gone, as with any real store.

import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

const MAX_EVENTS = 2048;

interface StoredEvent {
  readonly streamId: string;
  readonly message: JSONRPCMessage;
}

interface Replay {
  send(eventId: string, message: JSONRPCMessage): Promise<void>;
}

export class MemoryEventStore implements EventStore {
  readonly #events = new Map<string, StoredEvent>();
  #next = 1;

  async storeEvent(streamId: string, message: JSONRPCMessage): Promise<string> {
    const [oldest] = this.#events.keys();
    if (oldest !== undefined && this.#events.size === MAX_EVENTS) this.#events.delete(oldest);
    const eventId = `e${this.#next}`;
    this.#next += 1;
    this.#events.set(eventId, { streamId, message });
    return eventId;
  }

  async getStreamIdForEventId(eventId: string): Promise<string | undefined> {
    return this.#events.get(eventId)?.streamId;
  }

  async replayEventsAfter(lastEventId: string, { send }: Replay): Promise<string> {
    const streamId = this.#events.get(lastEventId)?.streamId;
    if (streamId === undefined) throw new Error('event no longer stored');
    const since = [...this.#events].slice([...this.#events.keys()].indexOf(lastEventId) + 1);
    for (const [eventId, event] of since) {
      if (event.streamId === streamId && isMessage(event.message)) {
        await send(eventId, event.message);
      }
    }
    return streamId;
  }
}

/** A priming event is stored as an empty object: it has an id to resume from and nothing to say. */
function isMessage(message: JSONRPCMessage): boolean {
  return 'jsonrpc' in message;
}
