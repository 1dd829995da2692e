// Refusals before policy: recorded as they happen, though never more of them than the ledger can
// bear from people who have proven nothing; the rest is counted and recorded as a sum.

import type { Ledger } from '#core/evidence/ledger.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import type { Principal } from '#core/identity/principal.ts';
import { metadataUrl, publicUrlFor } from '#core/identity/resource-metadata.ts';
import type { Refusal, RefusalCode } from '#core/refusal.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Snapshot } from './activation.ts';
import { type Head, only } from './admit-head.ts';
import type { ClientReply } from './client-reply.ts';
import type { Gate } from './gate.ts';
import { traceOf } from './open-exchange.ts';
import { recordedMessage, recordedPrincipal, recordedTrace } from './recorded.ts';
import { type RefusalContext, refuse } from './refuse.ts';

export interface TurnedAway {
  readonly head: Head;
  readonly refusal: Refusal;
  /** Absent until a token has been verified. */
  readonly principal?: Principal;
  readonly context?: RefusalContext;
}

/** Records and answers. A ledger that fails changes nothing for a caller who is refused anyway. */
export async function turnAway(away: TurnedAway, client: ClientReply, gate: Gate): Promise<void> {
  const { head, refusal, principal, context = {} } = away;
  const snapshot = gate.activation.current;
  await gate.refusals.record(draftOf(away, snapshot), principal !== undefined);
  const url = publicUrlFor(snapshot.publicUrls, only(head.headers.host) ?? '');
  const isDoor = refusal.code === 'host_not_allowed' || url === undefined;
  client.send(refuse(refusal, isDoor ? context : { ...context, metadataUrl: metadataUrl(url) }));
}

type Said = Omit<RecordDraft, 'ts'>;

function draftOf({ head, refusal, principal, context }: TurnedAway, snapshot: Snapshot): Said {
  const message = context?.message;
  const sighting = { direction: 'toServer', sizeBytes: 0 } as const;
  const trace = traceOf(head, message);
  return {
    type: AUTHENTICATION.has(refusal.code) ? 'auth.failed' : 'message.refused',
    source: { address: head.address },
    ...(trace === undefined ? {} : recordedTrace(trace)),
    ...(principal === undefined ? {} : { principal: recordedPrincipal(principal) }),
    ...(message === undefined ? {} : { message: recordedMessage(message, sighting, snapshot) }),
    outcome: { status: 'refused', refusal: refusal.code, reason: refusal.reason },
  };
}

const AUTHENTICATION: ReadonlySet<RefusalCode> = new Set([
  'token_missing',
  'token_invalid',
  'issuer_unavailable',
]);

/** Records a second that callers without a proven identity may cause, and how many at once. */
const ANONYMOUS_PER_SECOND = 20;
const ANONYMOUS_BURST = 200;
/** How soon what was only counted is recorded as a sum. */
const SUM_INTERVAL_MS = 1_000;

export class RefusalLog {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  #tokens = ANONYMOUS_BURST;
  #atSeconds = 0;
  /** Refusals since the last sum, by code. */
  #unwritten = new Map<RefusalCode, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** Resolves when the record is durable, or was counted, or could not be written. */
  async record(draft: Said, isProven: boolean): Promise<void> {
    const code = draft.outcome?.refusal;
    if (!isProven && code !== undefined && !this.#takeToken()) {
      this.#count(code, 1);
      return;
    }
    await this.#ledger.append({ ...draft, ts: this.#clock.timestamp() }).catch(() => {});
  }

  /** Writes what was only counted so far; call at the end. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const counts = this.#unwritten;
    if (counts.size === 0) return;
    this.#unwritten = new Map();
    try {
      await this.#ledger.append(sumOf(counts, this.#clock.timestamp()));
    } catch {
      // Said with the next sum instead, once there is evidence again.
      for (const [code, count] of counts) this.#count(code, count);
    }
  }

  #count(code: RefusalCode, count: number): void {
    this.#unwritten.set(code, (this.#unwritten.get(code) ?? 0) + count);
    this.#timer ??= setTimeout(() => void this.flush(), SUM_INTERVAL_MS).unref();
  }

  #takeToken(): boolean {
    const now = this.#clock.epochSeconds();
    const earned = Math.max(0, now - this.#atSeconds) * ANONYMOUS_PER_SECOND;
    this.#tokens = Math.min(ANONYMOUS_BURST, this.#tokens + earned);
    this.#atSeconds = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

function sumOf(counts: ReadonlyMap<RefusalCode, number>, ts: string): RecordDraft {
  const reason = 'refusals beyond the rate that is recorded one by one';
  return {
    type: 'message.refused',
    ts,
    outcome: { status: 'refused', reason },
    detail: Object.fromEntries(counts),
  };
}
