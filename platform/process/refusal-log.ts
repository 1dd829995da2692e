// Refusals before policy are recorded as they happen, though never more of them from one caller than the
// ledger can bear: the rest is counted, and recorded as a sum. Who has proven nothing is one caller.

import type { Ledger } from '#core/evidence/ledger.ts';
import type { RecordDraft, RecordedPrincipal } from '#core/evidence/record.ts';
import type { RefusalCode } from '#core/refusal.ts';
import type { Clock } from './clock.ts';

/** Records a second that one caller may cause, and how many at once. */
const PER_SECOND = 20;
const BURST = 200;
/** Callers whose rate is known; the one heard of longest ago starts anew. */
const MAX_CALLERS = 10_000;
/** How soon what was only counted is recorded as a sum. */
const SUM_INTERVAL_MS = 1_000;

interface Bucket {
  readonly tokens: number;
  readonly atSeconds: number;
}

/** Refusals of one caller since the last sum, by code. */
interface Sum {
  readonly principal: RecordedPrincipal | undefined;
  readonly counts: Map<RefusalCode, number>;
}

export class RefusalLog {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();
  #unwritten = new Map<string, Sum>();
  #timer: NodeJS.Timeout | undefined;

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** Resolves when the record is durable, or was counted, or could not be written. */
  async record(draft: Omit<RecordDraft, 'ts'>): Promise<void> {
    const { principal, outcome } = draft;
    const code = outcome?.refusal;
    if (code !== undefined && !this.#takeToken(callerOf(principal))) {
      this.#count(principal, code, 1);
      return;
    }
    await this.#ledger.append({ ...draft, ts: this.#clock.timestamp() }).catch(() => {});
  }

  /** Writes what was only counted so far; call at the end. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const sums = this.#unwritten;
    this.#unwritten = new Map();
    await Promise.all([...sums.values()].map((sum) => this.#write(sum)));
  }

  async #write(sum: Sum): Promise<void> {
    try {
      await this.#ledger.append(sumRecord(sum, this.#clock.timestamp()));
    } catch {
      // Said with the next sum instead, once there is evidence again.
      for (const [code, count] of sum.counts) this.#count(sum.principal, code, count);
    }
  }

  #count(principal: RecordedPrincipal | undefined, code: RefusalCode, count: number): void {
    const caller = callerOf(principal);
    const sum = this.#unwritten.get(caller) ?? { principal, counts: new Map() };
    sum.counts.set(code, (sum.counts.get(code) ?? 0) + count);
    this.#unwritten.set(caller, sum);
    this.#timer ??= setTimeout(() => void this.flush(), SUM_INTERVAL_MS).unref();
  }

  #takeToken(caller: string): boolean {
    const now = this.#clock.epochSeconds();
    const { tokens, atSeconds } = this.#buckets.get(caller) ?? { tokens: BURST, atSeconds: now };
    const earned = Math.max(0, now - atSeconds) * PER_SECOND;
    const there = Math.min(BURST, tokens + earned);
    const isTaken = there >= 1;
    this.#buckets.delete(caller);
    this.#buckets.set(caller, { tokens: isTaken ? there - 1 : there, atSeconds: now });
    if (this.#buckets.size > MAX_CALLERS) {
      const oldest = this.#buckets.keys().next();
      if (!oldest.done) this.#buckets.delete(oldest.value);
    }
    return isTaken;
  }
}

/** Strangers share one account: they have no names that they could not make up. */
function callerOf(principal: RecordedPrincipal | undefined): string {
  return principal === undefined ? '' : JSON.stringify([principal.issuer, principal.subject]);
}

function sumRecord({ principal, counts }: Sum, ts: string): RecordDraft {
  const reason = 'refusals beyond the rate that is recorded one by one';
  return {
    type: 'message.refused',
    ts,
    ...(principal === undefined ? {} : { principal }),
    outcome: { status: 'refused', reason },
    detail: Object.fromEntries(counts),
  };
}
