// How long a call may wait for people inside one HTTP exchange, what ends the wait early, and what its
// client hears meanwhile. One call has one patience, whatever it waits for.

import type { Slots } from '#core/limiter.ts';
import { notification } from '#core/mcp/replies.ts';
import { eraOf } from '#core/mcp/revisions.ts';
import { encodeSseEvent } from '#core/mcp/sse.ts';
import type { Refusal } from '#core/refusal.ts';
import type { ClientReply } from './client-reply.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { holdSeconds, progressTokenOf } from './hold.ts';

/** How often a waiting client hears that its call is alive. */
const PROGRESS_MS = 10_000;
/** The server's own progress starts at zero or above, so ours ends below. */
const LAST_PROGRESS = -0.01;

/** Calls that one principal may have waiting; the next one is told at once to come back later. */
export const MAX_HELD_PER_PRINCIPAL = 64;
/** Calls that wait, all together: each keeps a connection and its message. */
export const MAX_HELD = 1024;

interface HeldCall {
  readonly exchange: Exchange;
  readonly client: ClientReply;
}

export class Patience {
  /** False when too many wait already: then there is no time to wait at all. */
  readonly isHeld: boolean;
  readonly #ended = new AbortController();
  readonly #exchange: Exchange;
  readonly #client: ClientReply;
  readonly #endsAtMs: number;
  readonly #undo: (() => void)[] = [];
  #message = '';
  #withdrawn: Refusal | undefined;
  #lastProgress = Number.NEGATIVE_INFINITY;

  constructor({ exchange, client }: HeldCall, gate: Gate) {
    this.#exchange = exchange;
    this.#client = client;
    const { hold, held } = gate.approvals;
    const giveBack = takeSlot(exchange, held);
    this.isHeld = giveBack !== undefined;
    if (giveBack !== undefined) this.#undo.push(giveBack);
    const holdMs = this.isHeld ? holdSeconds(exchange.facts, hold) * 1000 : 0;
    this.#endsAtMs = performance.now() + holdMs;
    const end = (): void => this.#ended.abort();
    const timer = setTimeout(end, holdMs);
    this.#undo.push(() => clearTimeout(timer));
    for (const signal of [client.gone, exchange.stop.signal, gate.drain.signal]) {
      if (signal.aborted) end();
      signal.addEventListener('abort', end, { once: true });
      this.#undo.push(() => signal.removeEventListener('abort', end));
    }
  }

  /** Aborted when the wait is over: no time left, nobody there, called off, or the gateway stops. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Why the call is not to wait any longer, whatever people decide. */
  get withdrawn(): Refusal | undefined {
    return this.#withdrawn;
  }

  /** Ends the wait once it is to be refused. */
  async endIf(refused: Promise<Refusal | undefined>): Promise<void> {
    // What cannot be judged now is judged when its grant is to be spent.
    this.#withdrawn ??= await refused.catch(() => undefined);
    if (this.#withdrawn !== undefined) this.#ended.abort();
  }

  /**
   * Tells a legacy client that asked for progress, now and every ten seconds, what its call waits
   * for. The values count the seconds that remain up to zero: they only ever grow, and the server's
   * own progress goes on from there unchanged.
   */
  tell(message: string): void {
    const { facts } = this.#exchange;
    if (progressTokenOf(facts.request) === undefined || eraOf(facts.revision) === 'modern') return;
    const isFirst = this.#message === '';
    this.#message = message;
    if (isFirst) {
      const { session } = facts;
      this.#client.openStream(session === undefined ? {} : { 'mcp-session-id': session.sealed });
      const timer = setInterval(() => this.#say(), PROGRESS_MS);
      this.#undo.push(() => clearInterval(timer));
    }
    this.#say();
  }

  /** Idempotent. */
  release(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  #say(): void {
    const progressToken = progressTokenOf(this.#exchange.facts.request);
    const left = Math.round((performance.now() - this.#endsAtMs) / 10) / 100;
    const progress = Math.min(left, LAST_PROGRESS);
    if (progress <= this.#lastProgress) return;
    this.#lastProgress = progress;
    const params = { progressToken, progress, message: this.#message };
    const data = notification('notifications/progress', params);
    void this.#client.write(encodeSseEvent({ event: 'message', data }));
  }
}

function takeSlot({ facts: { principal } }: Exchange, held: Slots): (() => void) | undefined {
  if (held.total >= MAX_HELD) return undefined;
  const key = JSON.stringify([principal.issuer, principal.subject]);
  return held.take(key, MAX_HELD_PER_PRINCIPAL);
}
