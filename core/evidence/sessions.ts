// Who did what, read back out of the records: exchanges grouped into sessions, each with its
// timeline. A reading aid; whether the records can be believed is the verifier's question.

import { createHash } from 'node:crypto';
import type { StoredRecord } from './parse-record.ts';
import type {
  RecordedApproval,
  RecordedMasking,
  RecordedPayload,
  RecordedPrincipal,
} from './record.ts';

export interface SessionSummary {
  /**
   * The recorded session; `stateless-…` for the calls one principal and client made on one day
   * without a session; `unproven-<day>` for what was turned away before anybody was known.
   */
  readonly id: string;
  readonly principal?: RecordedPrincipal;
  readonly startedAt: string;
  readonly lastAt: string;
  /** Exchanges: everything that was judged, or turned away before it could be. */
  readonly calls: number;
  /** Of these: refused by policy or turned away. */
  readonly denied: number;
  /** Of these: let go, and no outcome is recorded. */
  readonly unknown: number;
}

/** One exchange, from its intent to its outcome, or one record that stands alone. */
export interface TimelineEntry {
  readonly ts: string;
  readonly type: string;
  readonly lane: string;
  readonly seq: number;
  readonly exchange?: string;
  readonly principal?: RecordedPrincipal;
  readonly address?: string;
  readonly direction?: string;
  readonly method?: string;
  readonly target?: string;
  readonly effect?: string;
  readonly observed?: true;
  readonly rule?: string;
  /** `unknown`: let go, and no outcome is recorded. */
  readonly outcome: string;
  readonly refusal?: string;
  readonly reason?: string;
  readonly durationMicros?: number;
  /** What masking did to the message itself, and to the answer to it. */
  readonly masking?: RecordedMasking;
  readonly answerMasking?: RecordedMasking;
  /** What was recorded of the message itself, and of the answer to it. */
  readonly payload?: RecordedPayload;
  readonly answerPayload?: RecordedPayload;
  /** What the record says of an approval, or the grant that the exchange spent. */
  readonly approval?: RecordedApproval;
}

interface OpenSummary {
  principal: RecordedPrincipal | undefined;
  readonly startedAt: string;
  lastAt: string;
  calls: number;
  denied: number;
  open: number;
}

const OUTCOME_UNKNOWN = 'unknown';

/** Reads records in the order they were written. Holds summaries, and entries only where wanted. */
export class SessionIndex {
  readonly #isWanted: (session: string) => boolean;
  readonly #summaries = new Map<string, OpenSummary>();
  readonly #entries = new Map<string, TimelineEntry[]>();
  readonly #records = new Map<string, StoredRecord[]>();
  /** Exchanges without an outcome yet: their session and, where wanted, their entry's place. */
  readonly #open = new Map<string, { readonly session: string; readonly place: number }>();
  /** By the exchange that spent it, which has not begun by then. */
  readonly #spent = new Map<string, RecordedApproval>();

  constructor(isWanted: (session: string) => boolean) {
    this.#isWanted = isWanted;
  }

  add(record: StoredRecord): void {
    if (record.type === 'approval.consumed' && record.approval !== undefined) {
      this.#spent.set(record.exchange ?? '', record.approval);
    }
    const session = this.#sessionOf(record);
    if (session === undefined) {
      return;
    }
    this.#keep(session, record);
    const summary = this.#summaryOf(session, record);
    if (record.type === 'outcome') {
      this.#conclude(record, summary);
      return;
    }
    const place = this.#addEntry(session, record);
    if (record.type === 'intent') {
      summary.calls += 1;
      summary.denied += record.decision !== undefined && isWithheld(record) ? 1 : 0;
      summary.open += 1;
      this.#open.set(record.exchange ?? '', { session, place });
      this.#spent.delete(record.exchange ?? '');
    } else if (isTurnedAway(record)) {
      summary.calls += 1;
      summary.denied += 1;
    }
  }

  /** In the order the sessions began. */
  get summaries(): readonly SessionSummary[] {
    return [...this.#summaries].map(([id, summary]) => ({
      id,
      ...(summary.principal === undefined ? {} : { principal: summary.principal }),
      startedAt: summary.startedAt,
      lastAt: summary.lastAt,
      calls: summary.calls,
      denied: summary.denied,
      unknown: summary.open,
    }));
  }

  timeline(session: string): readonly TimelineEntry[] {
    return this.#entries.get(session) ?? [];
  }

  /** The records of a wanted session, in the order they were written. */
  records(session: string): readonly StoredRecord[] {
    return this.#records.get(session) ?? [];
  }

  #keep(session: string, record: StoredRecord): void {
    if (this.#isWanted(session)) {
      const records = this.#records.get(session) ?? [];
      this.#records.set(session, records);
      records.push(record);
    }
  }

  #sessionOf(record: StoredRecord): string | undefined {
    const open = this.#open.get(record.exchange ?? '');
    const named = record.session ?? open?.session;
    if (named !== undefined) {
      return named;
    }
    const day = record.ts.slice(0, 'YYYY-MM-DD'.length);
    if (record.principal !== undefined) {
      return statelessId(record.principal, day);
    }
    return isTurnedAway(record) ? `unproven-${day}` : undefined;
  }

  #summaryOf(session: string, record: StoredRecord): OpenSummary {
    const found = this.#summaries.get(session);
    const summary = found ?? {
      principal: record.principal,
      startedAt: record.ts,
      lastAt: record.ts,
      calls: 0,
      denied: 0,
      open: 0,
    };
    summary.principal ??= record.principal;
    summary.lastAt = record.ts > summary.lastAt ? record.ts : summary.lastAt;
    this.#summaries.set(session, summary);
    return summary;
  }

  #addEntry(session: string, record: StoredRecord): number {
    if (!this.#isWanted(session)) {
      return -1;
    }
    const entries = this.#entries.get(session) ?? [];
    this.#entries.set(session, entries);
    entries.push(entryOf(record, this.#spent.get(record.exchange ?? '')));
    return entries.length - 1;
  }

  #conclude(record: StoredRecord, summary: OpenSummary): void {
    const open = this.#open.get(record.exchange ?? '');
    if (open === undefined) {
      return;
    }
    this.#open.delete(record.exchange ?? '');
    summary.open -= 1;
    const entries = this.#entries.get(open.session);
    const entry = entries?.[open.place];
    if (entries !== undefined && entry !== undefined) {
      const { payload, masking } = record;
      const answer = defined({ answerPayload: payload, answerMasking: masking });
      entries[open.place] = { ...entry, ...outcomeOf(record), ...answer };
    }
  }
}

/** Calls without a session have none to be grouped by, so who called and when must do. */
function statelessId({ issuer, subject, client }: RecordedPrincipal, day: string): string {
  const hash = createHash('sha256').update(JSON.stringify([issuer, subject, client ?? null, day]));
  return `stateless-${hash.digest('hex').slice(0, 16)}`;
}

function isTurnedAway({ type }: StoredRecord): boolean {
  return type === 'auth.failed' || type === 'message.refused';
}

/** Whether policy kept the call back; in Observe mode it went on all the same. */
function isWithheld({ decision }: StoredRecord): boolean {
  return decision?.effect === 'Deny' && decision.observed !== true;
}

function entryOf(record: StoredRecord, spent: RecordedApproval | undefined): TimelineEntry {
  const { ts, type, lane, seq, exchange, principal, source, message, decision } = record;
  return {
    ts,
    type,
    lane,
    seq,
    ...defined({ exchange, principal, address: source?.address }),
    ...defined({
      direction: message?.direction,
      method: message?.method,
      target: message?.target,
    }),
    ...defined({
      effect: decision?.effect,
      observed: decision?.observed,
      rule: decision?.rule,
      reason: decision?.reason,
    }),
    outcome: type === 'intent' ? OUTCOME_UNKNOWN : '',
    ...outcomeOf(record),
    ...defined({
      payload: record.payload,
      masking: record.masking,
      approval: record.approval ?? spent,
    }),
  };
}

function outcomeOf({ outcome }: StoredRecord): Partial<TimelineEntry> {
  return outcome === undefined
    ? {}
    : defined({
        outcome: outcome.status,
        refusal: outcome.refusal,
        reason: outcome.reason,
        durationMicros: outcome.durationMicros,
      });
}

function defined<Fields extends object>(
  fields: Fields,
): { readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  // Only fields that hold something are left, which is what the type says.
  return Object.fromEntries(entries) as {
    [Name in keyof Fields]?: Exclude<Fields[Name], undefined>;
  };
}
