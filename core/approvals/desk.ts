// Where people decide: the API, the CLI and the console all come here. What opens something is recorded
// before it takes effect; what closes something takes effect even while evidence fails, and is owed.

import { LedgerFault } from '#core/evidence/ledger.ts';
import { type Signer, signatureKey } from '#core/evidence/signature.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { Approval } from './approval.ts';
import { type Approver, type ApproverRules, readApprover } from './approver.ts';
import { blindness } from './blindness.ts';
import {
  type ReviewStanding,
  reviewStanding,
  type Verdict,
  withoutForgedReview,
} from './break-glass.ts';
import { type DeskRefusal, type DeskRefusalCode, deskRefusal } from './desk-refusal.ts';
import type { StepParts } from './desk-step.ts';
import { breakGlassAt, reviewAt } from './glass-desk.ts';
import type { GrantKey } from './grant.ts';
import { attemptMove, isEndedBy } from './lost-answer.ts';
import { type Overdue, overdue } from './overdue.ts';
import { type Append, OwedRecords } from './owed-records.ts';
import { approvalRecord, refusedDecisionRecord } from './recorded.ts';
import { requestDigest } from './request.ts';
import { genuineVotes } from './signed-vote.ts';
import { type ApprovalQuery, type ApprovalStore, ApprovalStoreFault, type Moved } from './store.ts';
import { voteAt } from './vote-desk.ts';

export interface DeskParts {
  readonly store: ApprovalStore;
  readonly append: Append;
  /** Signs votes and grants; the store trusts its key. */
  readonly signer: Signer;
  /** Keys whose votes count: the signer's, and those before it. Default: the signer's alone. */
  readonly trusted?: readonly GrantKey[];
  /** Whole milliseconds since 1970. */
  readonly nowMillis: () => number;
  /** RFC 3339 in UTC with microseconds. */
  readonly timestamp: () => string;
  /** 32 to 64 hexadecimal digits of chance, never the same twice. */
  readonly newNonce: () => string;
}

/** Whoever comes to the desk: what a verifier proved of them, and what it takes to be heard. */
export interface Caller {
  readonly principal: Principal;
  readonly rules: ApproverRules;
}

export const ACTS = ['approve', 'deny', 'revoke', 'cancel', 'break-glass', 'review'] as const;
export type Act = (typeof ACTS)[number];

export interface Wish {
  readonly id: string;
  readonly act: Act;
  /** Why; only `cancel` may go without. */
  readonly reason?: string;
  /** With `review` alone, which needs it. */
  readonly verdict?: Verdict;
  /** `requestDigest` of what they were shown; where it is said, nothing else is let go on for them. */
  readonly seen?: string;
}

/** What lets a call go on. */
export const OPENING_ACTS: ReadonlySet<Act> = new Set(['approve', 'break-glass']);

export interface DeskQuery extends ApprovalQuery {
  /** Only where glass was broken, and its review stands so; absent: all. */
  readonly reviews?: readonly ReviewStanding[];
}

export type DeskAnswer<Value> = { readonly ok: true; readonly value: Value } | DeskRefusal;

export class ApprovalDesk {
  readonly #parts: DeskParts;
  readonly #owed: OwedRecords;
  readonly #trusted: readonly GrantKey[];
  readonly #overdue: Overdue;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#owed = new OwedRecords(parts.append);
    this.#trusted = parts.trusted ?? [signatureKey(parts.signer.publicKey)];
    this.#overdue = overdue({ ...parts, owed: this.#owed, trusted: this.#trusted });
  }

  /** Records that evidence has not taken yet. */
  get owed(): Pick<OwedRecords, 'size' | 'lost'> {
    return this.#owed;
  }

  /** What the caller has a say on, or has asked for; newest first. */
  list(caller: Caller, query: DeskQuery): Promise<DeskAnswer<readonly Approval[]>> {
    const { states, limit } = query;
    return this.#guarded(async () => {
      const by = this.#approverOf(caller);
      if (!by.ok) return deskRefusal(by.code, { reason: by.reason });
      const all = { limit: Number.MAX_SAFE_INTEGER, ...(states === undefined ? {} : { states }) };
      const found = await this.#parts.store.list(all);
      const seen = found
        .filter((approval) => blindness(by.approver, approval) === undefined)
        .filter((approval) => this.#isAmong(query.reviews, approval))
        .map((approval) => this.#listed(approval));
      return { ok: true, value: seen.slice(0, Math.max(limit, 0)) };
    });
  }

  show(caller: Caller, id: string): Promise<DeskAnswer<Approval>> {
    return this.#guarded(async () => {
      const by = this.#approverOf(caller);
      if (!by.ok) return deskRefusal(by.code, { reason: by.reason });
      const approval = await this.#parts.store.get(id);
      if (approval === undefined) return deskRefusal('unknown');
      const blind = blindness(by.approver, approval);
      return blind === undefined
        ? { ok: true, value: this.believed(approval) }
        : deskRefusal(blind);
    });
  }

  /** One decision of one person; whoever may not decide is recorded as having tried. */
  decide(caller: Caller, wish: Wish): Promise<DeskAnswer<Approval>> {
    return this.#guarded(async () => {
      const approval = await this.#parts.store.get(wish.id);
      if (approval === undefined) return deskRefusal('unknown');
      const by = this.#approverOf(caller);
      if (!by.ok) {
        const { code, reason } = by;
        await this.#recordRefusal(approval, { caller, wish, code });
        return deskRefusal(code, { reason });
      }
      const moved = await this.#carryOut(wish, approval, by.approver);
      if (moved.ok) return { ok: true, value: moved.approval };
      const { code } = moved;
      const current = moved.approval ?? approval;
      await this.#recordRefusal(current, { caller, wish, code });
      const maySee = blindness(by.approver, current) === undefined;
      return deskRefusal(code, maySee ? { approval: this.believed(current) } : {});
    });
  }

  /** As every replica does. */
  sweep(): Promise<void> {
    return this.#overdue.sweep();
  }

  /** How the review of broken glass stands; undefined where none was. */
  reviewOf(approval: Approval): ReviewStanding | undefined {
    return reviewStanding(approval, this.#judging());
  }

  /** As somebody signed it: votes and a review that were written into the store stand under nobody's name. */
  believed(approval: Approval): Approval {
    const votes = genuineVotes(approval, this.#trusted);
    return withoutForgedReview({ ...approval, votes }, this.#trusted);
  }

  #isAmong(reviews: DeskQuery['reviews'], approval: Approval): boolean {
    if (reviews === undefined) return true;
    const standing = this.reviewOf(approval);
    return standing !== undefined && reviews.includes(standing);
  }

  /** Many may be decided: their votes are as they were kept, and `believed` where one of them is looked at. */
  #listed(approval: Approval): Approval {
    return approval.state === 'PENDING'
      ? this.believed(approval)
      : withoutForgedReview(approval, this.#trusted);
  }

  #judging() {
    return { nowMillis: this.#parts.nowMillis(), trusted: this.#trusted };
  }

  #approverOf({ principal, rules }: Caller) {
    return readApprover(principal, rules, this.#parts.nowMillis() / 1000);
  }

  async #carryOut(wish: Wish, approval: Approval, by: Approver): Promise<Moved> {
    const { seen = requestDigest(approval.request) } = wish;
    if (OPENING_ACTS.has(wish.act) && seen !== requestDigest(approval.request)) {
      return { ok: false, code: 'shown_otherwise', approval };
    }
    switch (wish.act) {
      case 'approve':
      case 'deny':
        return voteAt(this.#stepParts(), approval, {
          approver: by,
          choice: wish.act,
          reason: wish.reason ?? '',
        });
      case 'revoke':
        return this.#revoke(approval, by, wish.reason ?? '');
      case 'cancel':
        return this.#cancel(approval, by, wish.reason);
      case 'break-glass':
        return breakGlassAt(this.#stepParts(), approval, { by, reason: wish.reason ?? '' });
      case 'review':
        return this.#review(wish, this.believed(approval), by);
    }
  }

  async #review({ verdict, reason = '' }: Wish, approval: Approval, by: Approver): Promise<Moved> {
    if (verdict === undefined) return { ok: false, code: 'verdict_missing', approval };
    return reviewAt(this.#stepParts(), approval, { by, verdict, reason });
  }

  #stepParts(): StepParts {
    return { ...this.#parts, owed: this.#owed, trusted: this.#trusted };
  }

  async #revoke(approval: Approval, approver: Approver, reason: string): Promise<Moved> {
    const { store } = this.#parts;
    const { id } = approval.request;
    const moved = await attemptMove(store, {
      id,
      run: () => store.revoke(id, { approver, reason }),
      isTaken: (standing) => isEndedBy(approver, 'REVOKED', standing),
    });
    if (moved.ok) await this.#record('approval.revoked', moved.approval);
    return moved;
  }

  async #cancel(approval: Approval, by: Approver, reason: string | undefined): Promise<Moved> {
    const account = { issuer: by.issuer, subject: by.subject };
    const { store } = this.#parts;
    const { id } = approval.request;
    const moved = await attemptMove(store, {
      id,
      run: () => store.cancel(id, account, reason),
      isTaken: (standing) => isEndedBy(by, 'CANCELLED', standing),
    });
    if (moved.ok) await this.#record('approval.cancelled', moved.approval);
    return moved;
  }

  #record(type: Parameters<typeof approvalRecord>[0], approval: Approval): Promise<void> {
    return this.#owed.write(approvalRecord(type, approval, this.#parts.timestamp()));
  }

  #recordRefusal(approval: Approval, { caller, wish, code }: Attempt): Promise<void> {
    const { issuer, subject } = caller.principal;
    const choice = wish.act === 'approve' || wish.act === 'deny' ? { choice: wish.act } : {};
    const refused = { approverIssuer: issuer, approver: subject, ...choice, refusal: code };
    const draft = refusedDecisionRecord(approval, refused, this.#parts.timestamp());
    return this.#owed.write(draft, 'turned away');
  }

  async #guarded<Value>(run: () => Promise<DeskAnswer<Value>>): Promise<DeskAnswer<Value>> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof LedgerFault) return deskRefusal('evidence_unavailable');
      if (error instanceof ApprovalStoreFault) return deskRefusal('store_unavailable');
      throw error;
    }
  }
}

interface Attempt {
  readonly caller: Caller;
  readonly wish: Wish;
  readonly code: DeskRefusalCode;
}
