// The port through which calls wait and people decide. Each operation is one atomic step: two
// replicas that race get one order of events, and a step that was acknowledged is durable.
// Adapters: platform/file (an fsynced journal), platform/redis (any number of replicas), platform/memory (tests and benches).

import type { Approval, ApprovalState, PendingApproval } from './approval.ts';
import type { Approver } from './approver.ts';
import type { Breaking, Reviewing } from './break-glass.ts';
import type { ApprovalRequest } from './request.ts';
import type { Account, Spend, TransitionRefusal } from './states.ts';
import type { Ballot } from './voting.ts';

/** Every operation rejects with ApprovalStoreFault when it cannot be done, or nobody can tell whether it was (lost-answer.ts). */
export interface ApprovalStore {
  /**
   * The approval that stands for this binding, or a new one. What stands is a request that waits, a
   * grant to spend, or a refusal that the identical retry must hear again: a denial until the request
   * would have expired, a revocation until the grant would have.
   */
  attachOrCreate(request: ApprovalRequest): Promise<Attachment>;
  vote(id: string, ballot: Ballot): Promise<Moved>;
  /** The lock before a call is forwarded: of all that race for one use, one gets it. */
  consume(id: string, spend: Spend): Promise<Moved>;
  /** The call that spent a use has its outcome. */
  settle(id: string, exchange: string): Promise<Moved>;
  cancel(id: string, by: Account, reason?: string): Promise<Moved>;
  revoke(id: string, by: Revocation): Promise<Moved>;
  /** Whoever does is not forgotten before somebody has reviewed it, whatever becomes of the call. */
  breakGlass(id: string, breaking: Breaking): Promise<Moved>;
  review(id: string, reviewing: Reviewing): Promise<Moved>;
  /** Ends what is past its deadline; resolves with what this call ended, each once, for the record. */
  expire(): Promise<readonly Approval[]>;
  /** Notes that a review is overdue: of all that notice it, one gets `ok` and is to say so. */
  tellOverdue(id: string): Promise<Moved>;
  get(id: string): Promise<Approval | undefined>;
  /** The newest approval of a binding, whatever its state. */
  find(binding: string): Promise<Approval | undefined>;
  /** Newest first. */
  list(query: ApprovalQuery): Promise<readonly Approval[]>;
  /**
   * Resolves with the approval once it is newer than the version seen, at once if it is already;
   * undefined when there is none of this id. Rejects with the signal's reason when that aborts.
   * A deadline wakes a waiter when `expire` is next called.
   */
  waitFor(seen: Seen, signal: AbortSignal): Promise<Approval | undefined>;
  /** Compare-and-set: of all that spend one nonce, one gets `spent`. Forgotten once it has expired. */
  spendNonce(nonce: string, expiresAtMillis: number): Promise<NonceSpending>;
  /** Wakes whoever waits, with a fault; idempotent. */
  close(): Promise<void>;
}

export type Attachment =
  | { readonly kind: 'created'; readonly approval: PendingApproval }
  | { readonly kind: 'attached'; readonly approval: Approval }
  /** `reason` names fields and bounds, never a value. */
  | { readonly kind: 'refused'; readonly code: AttachRefusal; readonly reason: string };

export type AttachRefusal = 'request_invalid' | 'too_many_pending' | 'store_full';

export type Moved =
  | { readonly ok: true; readonly approval: Approval }
  | {
      readonly ok: false;
      readonly code: TransitionRefusal | DeskOnlyRefusal | 'unknown';
      /** As it stands unchanged; absent when there is none. */
      readonly approval?: Approval;
    };

/** What the desk finds out before it asks a store. */
export type DeskOnlyRefusal =
  | 'review_overdue'
  | 'reviews_full'
  | 'verdict_missing'
  /** Somebody changed the request in the store between the look at it and the decision. */
  | 'shown_otherwise';

export interface Revocation {
  readonly approver: Approver;
  readonly reason: string;
}

export interface ApprovalQuery {
  /** Any of these; absent: all. */
  readonly states?: readonly ApprovalState[];
  readonly limit: number;
}

export interface Seen {
  readonly id: string;
  readonly version: number;
}

/** `expired`: nothing may be done with it any more. Only `spent` lets a round go on. */
export type NonceSpending = 'spent' | 'already' | 'expired';

export class ApprovalStoreFault extends Error {
  override readonly name = 'ApprovalStoreFault';
  readonly code: 'unavailable' | 'full' | 'invalid' | 'closed';

  constructor(code: ApprovalStoreFault['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
