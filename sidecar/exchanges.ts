// Exchanges in flight, so that an answer, a cancellation or a resumed stream finds the request it
// belongs to. Keyed by (session, request id); without a session only the POST itself correlates.

import { idKey, type RequestId } from '#core/mcp/messages.ts';
import type { Exchange } from './exchange.ts';

/** Requests in flight that one gateway keeps track of; more are refused, not forgotten. */
const MAX_IN_FLIGHT = 10_000;
/** Answers remembered after their conclusion, so that a resuming client's copy is known as one. */
const MAX_CONCLUDED = 10_000;

export type Opening = 'opened' | 'duplicate' | 'full';

export class Exchanges {
  readonly #inFlight = new Map<string, Exchange>();
  /** Insertion order is age: the oldest is forgotten first. */
  readonly #concluded = new Map<string, Exchange>();
  readonly #asked = new Map<string, Exchange>();

  /** Remembers a client's request until it is concluded. */
  open(exchange: Exchange): Opening {
    const key = keyOf(exchange);
    if (key === undefined) return 'opened';
    if (this.#inFlight.has(key)) return 'duplicate';
    if (this.#inFlight.size >= MAX_IN_FLIGHT) return 'full';
    this.#concluded.delete(key);
    this.#inFlight.set(key, exchange);
    return 'opened';
  }

  /** The client's request that a server's answer or a client's cancellation names. */
  find(upstreamSession: string, id: RequestId): Exchange | undefined {
    const key = joined(upstreamSession, id);
    return this.#inFlight.get(key) ?? this.#concluded.get(key);
  }

  /** Moves a concluded request to the remembered ones. */
  settle(exchange: Exchange): void {
    const key = keyOf(exchange);
    if (key === undefined || this.#inFlight.get(key) !== exchange) return;
    this.#inFlight.delete(key);
    if (this.#concluded.size >= MAX_CONCLUDED) {
      const oldest = this.#concluded.keys().next();
      if (!oldest.done) this.#concluded.delete(oldest.value);
    }
    this.#concluded.set(key, exchange);
  }

  /** Remembers a server's request to the client until the client answers it. */
  ask(exchange: Exchange): Opening {
    const key = keyOf(exchange);
    if (key === undefined) return 'full';
    if (this.#asked.has(key)) return 'duplicate';
    if (this.#asked.size >= MAX_IN_FLIGHT) return 'full';
    this.#asked.set(key, exchange);
    return 'opened';
  }

  /** The server's request that a client's response answers; answered once, then unknown. */
  answer(upstreamSession: string, id: RequestId): Exchange | undefined {
    const key = joined(upstreamSession, id);
    const exchange = this.#asked.get(key);
    this.#asked.delete(key);
    return exchange;
  }

  /** Server requests of one session that no client will answer any more. */
  forgetAsked(upstreamSession: string): readonly Exchange[] {
    const prefix = `${upstreamSession} `;
    const forgotten: Exchange[] = [];
    for (const [key, exchange] of this.#asked) {
      if (!key.startsWith(prefix)) continue;
      this.#asked.delete(key);
      forgotten.push(exchange);
    }
    return forgotten;
  }

  get inFlight(): Iterable<Exchange> {
    return this.#inFlight.values();
  }

  get asked(): Iterable<Exchange> {
    return this.#asked.values();
  }
}

function keyOf({ facts }: Exchange): string | undefined {
  if (facts.session === undefined || facts.request === undefined) return undefined;
  return joined(facts.session.upstreamId, facts.request.id);
}

/** A session id is visible ASCII, so the space cannot occur in it. */
function joined(upstreamSession: string, id: RequestId): string {
  return `${upstreamSession} ${idKey(id)}`;
}
