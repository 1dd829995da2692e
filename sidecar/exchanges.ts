// Exchanges in flight, so that an answer, a cancellation, a resumed stream or the end of the gateway finds
// the request it belongs to. Keyed by (session, request id); without a session only the POST correlates.

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
    if (exchange.facts.session === undefined) return;
    // What it asked is over, and may be large; only who asked for what is still needed.
    exchange.forgetParams();
    if (this.#concluded.size >= MAX_CONCLUDED) {
      const oldest = this.#concluded.keys().next();
      if (!oldest.done) this.#concluded.delete(oldest.value);
    }
    this.#concluded.set(key, exchange);
  }

  /** The client's requests of one session that have no answer yet. */
  inFlightOf(upstreamSession: string): readonly Exchange[] {
    return [...this.#inFlight.values()].filter(
      ({ facts }) => facts.session?.upstreamId === upstreamSession,
    );
  }

  get inFlight(): Iterable<Exchange> {
    return this.#inFlight.values();
  }
}

function keyOf({ facts }: Exchange): string | undefined {
  if (facts.request === undefined) return undefined;
  // Without a session nothing is ever looked up: two clients may well use one id.
  if (facts.session === undefined) return joined('', facts.id);
  return joined(facts.session.upstreamId, facts.request.id);
}

/** A session id is visible ASCII and never empty, so no two kinds of key are alike. */
function joined(upstreamSession: string, id: RequestId): string {
  return `${upstreamSession} ${idKey(id)}`;
}
