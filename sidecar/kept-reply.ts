// The client of a call that goes on without one: keeps the one message that answers it, whether it comes
// whole or as an event of a stream, and lets go of all that is said before.

import { SseDecoder } from '#core/mcp/sse.ts';
import type { ClientReply } from './client-reply.ts';
import type { Answer } from './refuse.ts';

export interface KeptAnswer {
  readonly status: number;
  /** The JSON-RPC message. */
  readonly bytes: Uint8Array;
}

export class KeptReply implements ClientReply {
  /** Aborted when the answer is not wanted any more. */
  readonly gone: AbortSignal;
  readonly #decoder: SseDecoder;
  #answer: KeptAnswer | undefined;
  #isCommitted = false;

  constructor(gone: AbortSignal, maxEventBytes: number) {
    this.gone = gone;
    this.#decoder = new SseDecoder({ maxEventBytes });
  }

  get isCommitted(): boolean {
    return this.#isCommitted;
  }

  /** The last message of all: nothing follows the answer to a request. */
  get answer(): KeptAnswer | undefined {
    return this.#answer;
  }

  send({ status, body }: Answer): void {
    if (body !== undefined) this.#answer = { status, bytes: body };
    this.#isCommitted = true;
  }

  openStream(): void {
    this.#isCommitted = true;
  }

  write(bytes: Uint8Array): undefined {
    for (const item of this.#decoder.push(bytes)) {
      if (item.kind !== 'event' || item.data === undefined || item.data.byteLength === 0) continue;
      // Its bytes may be the decoder's to use again.
      this.#answer = { status: 200, bytes: Uint8Array.from(item.data) };
    }
  }

  end(): void {}

  cut(): void {}
}
