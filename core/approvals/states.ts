// The only way from one state of an approval to the next:
//   PENDING -> GRANTED -> CONSUMED -> DONE, PENDING -> DENIED|EXPIRED|CANCELLED, GRANTED -> REVOKED|EXPIRED

import {
  type Approval,
  approvingVotes,
  type EndedApproval,
  type Ending,
  type GrantedApproval,
  isLive,
  type PendingApproval,
} from './approval.ts';
import type { Approver } from './approver.ts';
import {
  type Breaking,
  breakGlass,
  type GlassRefusal,
  isGlassGenuine,
  type Reviewing,
  reviewGlass,
  tellOverdue,
} from './break-glass.ts';
import { type GrantKey, isGrantGenuine } from './grant.ts';
import { isSameAccount } from './identity.ts';
import { isQuorate } from './quorum.ts';
import { reasonProblem } from './reason.ts';
import { type ApprovalRequest, requestDigest } from './request.ts';
import { type SeparationRefusal, separationRefusal } from './separation.ts';
import { genuineVotes } from './signed-vote.ts';
import { type Ballot, cast, type VoteRefusal } from './voting.ts';
import { pendingUntilMillis } from './windows.ts';

export type ApprovalEvent =
  | ({ readonly kind: 'vote' } & Ballot)
  /** Spends one use, before the call is forwarded; `exchange` names the call. */
  | ({ readonly kind: 'consume' } & Spend)
  /** The call of that exchange has its outcome. */
  | { readonly kind: 'settle'; readonly exchange: string }
  /** The requester does not want it any more. */
  | { readonly kind: 'cancel'; readonly by: Account; readonly reason?: string }
  /** An approver takes a grant back. */
  | { readonly kind: 'revoke'; readonly approver: Approver; readonly reason: string }
  /** Somebody whom the policy names goes on without a decision. */
  | ({ readonly kind: 'break' } & Breaking)
  /** Somebody else says what to think of that. */
  | ({ readonly kind: 'review' } & Reviewing)
  | { readonly kind: 'expire' }
  /** Nobody has said so in time: that is told once. */
  | { readonly kind: 'overdue' };

export interface Spend {
  readonly binding: string;
  readonly nonce: string;
  readonly exchange: string;
}

export interface Account {
  readonly issuer: string;
  readonly subject: string;
}

/** What a transition is judged by besides the approval and the event. */
export interface Judging {
  readonly nowMillis: number;
  /** Keys whose votes and grants count. */
  readonly trusted: readonly GrantKey[];
}

export type TransitionRefusal =
  | VoteRefusal
  | SeparationRefusal
  | GlassRefusal
  | 'not_granted'
  | 'expired'
  | 'not_due'
  | 'binding_mismatch'
  | 'nonce_mismatch'
  /** The store knows of more uses than the approval says: somebody wrote it back as it was. */
  | 'nonce_spent'
  | 'grant_forged'
  | 'exchange_spent'
  | 'exchange_unknown'
  | 'not_the_requester';

export type Transition =
  | { readonly ok: true; readonly approval: Approval }
  /** Nothing has changed. */
  | { readonly ok: false; readonly code: TransitionRefusal };

export function requested(request: ApprovalRequest, nowMillis: number): PendingApproval {
  return {
    state: 'PENDING',
    request,
    version: 1,
    requestedAtMillis: nowMillis,
    pendingUntilMillis: pendingUntilMillis(request, nowMillis),
    votes: [],
  };
}

export function transition(approval: Approval, event: ApprovalEvent, judging: Judging): Transition {
  // A call that was let through while the grant held may settle after it has run out, and is reviewed later.
  const hasDeadline = !UNTIMED.has(event.kind);
  if (hasDeadline && isOver(approval, judging.nowMillis)) return refuse('expired');
  switch (event.kind) {
    case 'vote':
      return approval.state === 'PENDING' ? cast(approval, event, judging) : refuse('not_pending');
    case 'consume':
      return approval.state === 'GRANTED'
        ? consume(approval, event, judging)
        : refuse('not_granted');
    case 'settle':
      return settle(approval, event.exchange);
    case 'cancel':
      return cancel(approval, event, judging.nowMillis);
    case 'revoke':
      return revoke(approval, event, judging.nowMillis);
    case 'break':
      return approval.state === 'PENDING'
        ? breakGlass(approval, event, judging)
        : refuse('not_pending');
    case 'review':
      return reviewGlass(approval, event, judging);
    case 'expire':
      return expire(approval, judging.nowMillis);
    case 'overdue': {
      const told = tellOverdue(approval, judging);
      return told === undefined ? refuse('not_due') : { ok: true, approval: told };
    }
  }
}

const UNTIMED: ReadonlySet<ApprovalEvent['kind']> = new Set([
  'expire',
  'settle',
  'review',
  'overdue',
]);

/** The approval as a reader must see it: past its deadline it is over, swept or not. */
export function asOf(approval: Approval, nowMillis: number): Approval {
  const expired = expire(approval, nowMillis);
  return expired.ok ? expired.approval : approval;
}

/** When time alone ends it. */
export function deadlineMillis(approval: PendingApproval | GrantedApproval): number {
  return approval.state === 'PENDING'
    ? approval.pendingUntilMillis
    : approval.grant.expiresAtMillis;
}

/** Expired, whether or not anybody has said so yet. */
function isOver(approval: Approval, nowMillis: number): boolean {
  return asOf(approval, nowMillis).state === 'EXPIRED';
}

function expire(approval: Approval, nowMillis: number): Transition {
  if (!isLive(approval)) return refuse('not_due');
  const atMillis = deadlineMillis(approval);
  // The deadline, not the moment somebody looked: every replica writes the same.
  return nowMillis >= atMillis ? end(approval, 'EXPIRED', { atMillis }) : refuse('not_due');
}

function consume(approval: GrantedApproval, spend: Spend, { trusted }: Judging): Transition {
  const { grant, spending } = approval;
  if (spend.binding !== approval.request.binding || spend.binding !== grant.binding) {
    return refuse('binding_mismatch');
  }
  if (spend.nonce !== grant.nonce) return refuse('nonce_mismatch');
  if (spending.open.includes(spend.exchange)) return refuse('exchange_spent');
  const isOfThis =
    grant.approvalId === approval.request.id && grant.request === requestDigest(approval.request);
  if (!isOfThis || !isGrantGenuine(grant, trusted)) return refuse('grant_forged');
  if (!isGlassOf(approval, trusted)) return refuse('glass_forged');
  const votes = genuineVotes(approval, trusted);
  const isApproved = isQuorate(approvingVotes({ votes }), approval.request.terms.needs);
  if (grant.kind === undefined && !isApproved) return refuse('grant_forged');
  const spent = { uses: spending.uses + 1, open: [...spending.open, spend.exchange] };
  return next(
    spent.uses < grant.maxUses
      ? { ...approval, votes, spending: spent }
      : { ...approval, votes, state: 'CONSUMED', spending: spent },
  );
}

/** A grant without votes is good only with the word of whoever answers for it. */
function isGlassOf({ grant, glass, request }: GrantedApproval, trusted: Judging['trusted']) {
  if (grant.kind === undefined) return glass === undefined;
  return glass?.nonce === grant.nonce && isGlassGenuine(glass, request, trusted);
}

function settle(approval: Approval, exchange: string): Transition {
  if (!('spending' in approval) || approval.spending?.open.includes(exchange) !== true) {
    return refuse('exchange_unknown');
  }
  const open = approval.spending.open.filter((other) => other !== exchange);
  const spending = { ...approval.spending, open };
  return approval.state === 'CONSUMED' && open.length === 0
    ? next({ ...approval, state: 'DONE', spending })
    : next({ ...approval, spending });
}

/** Nobody owes a reason for not wanting what they asked for; one that is given is kept. */
function cancel(
  approval: Approval,
  { by, reason }: Extract<ApprovalEvent, { kind: 'cancel' }>,
  nowMillis: number,
): Transition {
  if (!isSameAccount(by, approval.request.requester)) return refuse('not_the_requester');
  if (approval.state !== 'PENDING') return refuse('not_pending');
  if (reason !== undefined && reasonProblem(reason) !== undefined) return refuse('reason_invalid');
  const { issuer, subject } = by;
  const said = reason === undefined ? {} : { reason };
  return end(approval, 'CANCELLED', { atMillis: nowMillis, by: { issuer, subject }, ...said });
}

function revoke(
  approval: Approval,
  { approver, reason }: Extract<ApprovalEvent, { kind: 'revoke' }>,
  nowMillis: number,
): Transition {
  if (approval.state !== 'GRANTED') return refuse('not_granted');
  const refusal = separationRefusal(approver, approval.request);
  if (refusal !== undefined) return refuse(refusal);
  if (reasonProblem(reason) !== undefined) return refuse('reason_invalid');
  const { issuer, subject } = approver;
  return end(approval, 'REVOKED', { atMillis: nowMillis, by: { issuer, subject }, reason });
}

function end(
  approval: PendingApproval | GrantedApproval,
  state: EndedApproval['state'],
  ending: Ending,
): Transition {
  return next({ ...approval, state, ending });
}

function next(approval: Approval): Transition {
  return { ok: true, approval: { ...approval, version: approval.version + 1 } };
}

function refuse(code: TransitionRefusal): Transition {
  return { ok: false, code };
}
