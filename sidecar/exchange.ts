// One exchange: an intent, then exactly one outcome, whichever stream or failure brings it. What a
// resuming client is sent again is a redelivery, not a second outcome (design section 14, Streams).

import type { Ledger } from '#core/evidence/ledger.ts';
import type {
  RecordDraft,
  RecordedDecision,
  RecordedMasking,
  RecordedMessage,
  RecordedOutcome,
  RecordType,
} from '#core/evidence/record.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { NotificationMessage, RequestMessage, ResponseMessage } from '#core/mcp/messages.ts';
import type { Revision } from '#core/mcp/revisions.ts';
import type { TraceContext } from '#core/mcp/trace-context.ts';
import type { Recording } from '#core/recordings/recording.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Snapshot } from './activation.ts';
import { recordedPrincipal, recordedTrace } from './recorded.ts';
import type { Session } from './sessions.ts';
import type { NamedTask } from './task-ids.ts';

export interface ExchangeFacts {
  /** UUIDv7, shared by the intent, the outcome and everything between. */
  readonly id: string;
  readonly principal: Principal;
  /**
   * The one snapshot this message is judged under, from its arrival to its end (promise 5). An answer
   * that comes late, on another stream, is a message of its own and judged under the one of then.
   */
  readonly snapshot: Snapshot;
  readonly revision: Revision;
  readonly recorded: RecordedMessage;
  /** The request that awaits an answer; absent on one-way messages and stream openings. */
  readonly request?: RequestMessage;
  /** The message that awaits none: what is said of it must not look like an answer. */
  readonly oneWay?: NotificationMessage | ResponseMessage;
  /** The task that the request is about. */
  readonly task?: NamedTask;
  readonly session?: Session;
  /** Groups the session's records; known before `initialize` has a session to name. */
  readonly sessionRecordId?: string;
  readonly address?: string;
  /** Host as the client dialled it: a challenge names the metadata of that address. */
  readonly host?: string;
  readonly trace?: TraceContext;
  /** The call for which Gatehouse itself asks the server this, with that caller's credential. */
  readonly askedFor?: { readonly exchange: string; readonly principal: Principal };
  /** The exchange that was answered with a task of ours, whose call goes on now. */
  readonly goesOn?: string;
}

/** What is kept of a message beside what its record says of it. */
export interface Kept {
  readonly recording?: Recording;
  readonly masking?: RecordedMasking;
}

/** Why an exchange ended before its answer. */
export interface CutShort {
  readonly status: 'cancelled' | 'disconnected' | 'timeout';
  readonly reason: string;
}

/** The approval that a call waits for, and under which it goes on. */
export interface ExchangeApproval {
  readonly id: string;
  /** It holds for answers to the server's questions too (`reapproveOnInput: false`). */
  readonly coversInput: boolean;
}

export class Exchange {
  #facts: ExchangeFacts;
  /** Aborted when the work upstream must end: cancellation, time limit, shutdown. */
  readonly stop = new AbortController();
  /** The one it was attached to last. */
  approval: ExchangeApproval | undefined;
  #cutShort: CutShort | undefined;
  #lateRefusal: Refusal | undefined;
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  #startedMicros = 0;
  #sentMicros: number | undefined;
  #answeredMicros: number | undefined;
  #intent: Promise<void> | undefined;
  #isIntentLost = false;
  #conclusion: Promise<void> | undefined;

  constructor(facts: ExchangeFacts, ledger: Ledger, clock: Clock) {
    this.#facts = facts;
    this.#ledger = ledger;
    this.#clock = clock;
    this.#startedMicros = clock.monotonicMicros();
  }

  get facts(): ExchangeFacts {
    return this.#facts;
  }

  judgeUnder(snapshot: Snapshot, lateRefusal: Refusal | undefined): void {
    this.#facts = { ...this.#facts, snapshot };
    this.#lateRefusal = lateRefusal;
  }

  /** Why the current snapshot keeps the answer from the client, when it is not that of the request. */
  get lateRefusal(): Refusal | undefined {
    return this.#lateRefusal;
  }

  /** Keeps of a request that is over what a copy of its answer is judged by, and no more. */
  forgetParams(): void {
    const { request } = this.#facts;
    if (request === undefined) return;
    this.#facts = { ...this.#facts, request: { ...request, params: {} } };
  }

  get cutShort(): CutShort | undefined {
    return this.#cutShort;
  }

  /** Ends the work upstream; the first reason is the one that is recorded. */
  cut(status: CutShort['status'], reason: string): void {
    if (this.isConcluded) return;
    this.#cutShort ??= { status, reason };
    this.stop.abort();
  }

  get isConcluded(): boolean {
    return this.#conclusion !== undefined;
  }

  get elapsedMicros(): number {
    return this.#clock.monotonicMicros() - this.#startedMicros;
  }

  /** Resolves when the intent is durable; rejects with LedgerFault, and then nothing may go on. */
  async intend(decision: RecordedDecision, kept?: Kept): Promise<void> {
    const { recorded: message, askedFor, goesOn } = this.facts;
    const origin =
      askedFor === undefined ? goesOn && { task: goesOn } : { askedFor: askedFor.exchange };
    const said = { message, decision, ...(origin ? { detail: origin } : {}) };
    this.#intent = this.#append('intent', said, kept);
    try {
      await this.#intent;
    } catch (error) {
      this.#isIntentLost = true;
      throw error;
    }
  }

  /** Its intent is on its way to the evidence, so that an outcome may follow. */
  get isIntended(): boolean {
    return this.#intent !== undefined;
  }

  /** Whether the server may have seen it. */
  get isSent(): boolean {
    return this.#sentMicros !== undefined;
  }

  /** The message goes upstream now. */
  markSent(): void {
    this.#sentMicros ??= this.elapsedMicros;
  }

  /** The server's answer is there; what we do to it does not count as the server's time. */
  markAnswered(): void {
    this.#answeredMicros ??= this.elapsedMicros;
  }

  /** The first outcome is the outcome; later calls await it and change nothing. */
  conclude(outcome: RecordedOutcome, kept?: Kept): Promise<void> {
    this.#conclusion ??= this.#conclude(outcome, kept);
    return this.#conclusion;
  }

  /** After a fault of ours: how far it got is not known. What has no intent gets no outcome. */
  async abandon(): Promise<void> {
    this.stop.abort();
    if (this.#intent === undefined) return;
    await this.conclude({ status: 'unknown', reason: 'a fault in the gateway' }).catch(() => {});
  }

  async #conclude(outcome: RecordedOutcome, kept?: Kept): Promise<void> {
    // A ledger in trouble may lose the intent and take the outcome, which would then end nothing.
    if (this.#isIntentLost || !this.#ledger.healthy) await this.#intent;
    const said = {
      message: this.facts.recorded,
      outcome: { ...outcome, ...this.#timings() },
    };
    await this.#append('outcome', said, kept);
  }

  #timings(): Partial<RecordedOutcome> {
    const sentMicros = this.#sentMicros;
    const answeredMicros = this.#answeredMicros;
    return {
      durationMicros: this.elapsedMicros,
      ...(sentMicros === undefined ? {} : { sentMicros }),
      ...(answeredMicros === undefined ? {} : { answeredMicros }),
    };
  }

  /** A message inside this exchange's stream. */
  async noteMessage(
    message: RecordedMessage,
    decision: RecordedDecision,
    kept?: Kept,
  ): Promise<void> {
    await this.#append('stream.message', { message, decision }, kept);
  }

  /** An answer that was already concluded and is sent once more to a client that resumes. */
  async noteRedelivery(message: RecordedMessage, kept?: Kept): Promise<void> {
    await this.#append('redelivery', { message }, kept);
  }

  async #append(
    type: RecordType,
    said: Partial<RecordDraft>,
    { recording, masking }: Kept = {},
  ): Promise<void> {
    const { facts } = this;
    const draft: RecordDraft = {
      type,
      ts: this.#clock.timestamp(),
      exchange: facts.id,
      ...(facts.sessionRecordId === undefined ? {} : { session: facts.sessionRecordId }),
      ...(facts.trace === undefined ? {} : recordedTrace(facts.trace)),
      principal: recordedPrincipal(facts.principal),
      ...(facts.address === undefined ? {} : { source: { address: facts.address } }),
      ...said,
      ...(masking === undefined ? {} : { masking }),
      ...(recording === undefined ? {} : { payload: recording.payload }),
    };
    await this.#ledger.append(draft, recording?.blob);
  }
}
