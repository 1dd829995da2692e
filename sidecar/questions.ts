// Questions that servers ask their clients, open until answered. Each ends in a record: by its answer, by
// the server taking it back, with its session, or by the time limit of the policy.

import type { RecordedOutcome } from '#core/evidence/record.ts';
import { idKey, type RequestId } from '#core/mcp/messages.ts';
import type { Exchange } from './exchange.ts';

/** Questions open at once, in all sessions and in one; SDK servers ask one at a time. */
const MAX_OPEN = 10_000;
const MAX_OPEN_PER_SESSION = 100;

export type Asking = 'asked' | 'duplicate' | 'full';

interface Open {
  readonly exchange: Exchange;
  readonly timer: NodeJS.Timeout;
}

export class Questions {
  /** By the server's session, then by the id of the question. */
  readonly #open = new Map<string, Map<string, Open>>();
  #count = 0;

  /** Remembers a question until it ends. Without a session no answer could be told from a forged one. */
  ask(exchange: Exchange): Asking {
    const { session, request, snapshot } = exchange.facts;
    if (session === undefined || request === undefined) return 'full';
    const { upstreamId } = session;
    const key = idKey(request.id);
    const ofSession = this.#open.get(upstreamId) ?? new Map<string, Open>();
    if (ofSession.has(key)) return 'duplicate';
    if (ofSession.size >= MAX_OPEN_PER_SESSION || this.#count >= MAX_OPEN) return 'full';
    const timer = setTimeout(() => {
      this.end(upstreamId, request.id, UNANSWERED);
    }, snapshot.policy.limits.callSeconds * 1000).unref();
    this.#open.set(upstreamId, ofSession.set(key, { exchange, timer }));
    this.#count += 1;
    return 'asked';
  }

  /** Ends the question with this id; false when none is open, or not any more. */
  end(upstreamSession: string, id: RequestId, outcome: RecordedOutcome): boolean {
    const ofSession = this.#open.get(upstreamSession);
    const key = idKey(id);
    const open = ofSession?.get(key);
    if (ofSession === undefined || open === undefined) return false;
    ofSession.delete(key);
    if (ofSession.size === 0) this.#open.delete(upstreamSession);
    this.#conclude(open, outcome);
    return true;
  }

  /** No client will answer these any more. */
  endSession(upstreamSession: string, outcome: RecordedOutcome): void {
    const ofSession = this.#open.get(upstreamSession);
    this.#open.delete(upstreamSession);
    for (const open of ofSession?.values() ?? []) this.#conclude(open, outcome);
  }

  endAll(outcome: RecordedOutcome): void {
    for (const session of [...this.#open.keys()]) this.endSession(session, outcome);
  }

  #conclude({ exchange, timer }: Open, outcome: RecordedOutcome): void {
    clearTimeout(timer);
    this.#count -= 1;
    // A ledger that fails refuses whatever follows; this has no one left to tell.
    exchange.conclude(outcome).catch(() => {});
  }
}

const UNANSWERED = {
  status: 'timeout',
  reason: 'not answered within spec.limits.callSeconds',
} as const;
