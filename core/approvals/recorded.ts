// What evidence says of an approval: each request, vote, end and spending, with who and why. Never the
// arguments: the binding names them.

import type { RecordDraft, RecordedApproval, RecordType } from '#core/evidence/record.ts';
import type { Target } from '#core/mcp/messages.ts';
import { type Approval, approvingVotes, type Vote } from './approval.ts';
import { glassOf } from './break-glass.ts';

export type ApprovalRecordType = Extract<RecordType, `approval.${string}`>;

/** A decision that changed nothing: somebody without a say tried, or came too late. */
export interface RefusedDecision {
  readonly approverIssuer: string;
  readonly approver: string;
  readonly choice?: 'approve' | 'deny';
  /** A code: of readApprover, of a vote or of a revocation. */
  readonly refusal: string;
}

/** Longest text of a peer's that a record repeats; a longer one is cut and marked. */
const MAX_RECORDED_CHARS = 256;

/**
 * `approval` as the transition left it; a vote is the last one in it. `ts` is RFC 3339 in UTC with
 * microseconds; `exchange` the call that asks or spends.
 */
export function approvalRecord(
  type: ApprovalRecordType,
  approval: Approval,
  ts: string,
  exchange?: string,
): RecordDraft {
  return draft(type, approval, { ts, exchange, facts: factsOf(type, approval) });
}

/** A vote, or an attempt to revoke, that was not taken. */
export function refusedDecisionRecord(
  approval: Approval,
  refused: RefusedDecision,
  ts: string,
): RecordDraft {
  const { approver, approverIssuer, choice, refusal } = refused;
  const facts = {
    approverIssuer: bounded(approverIssuer),
    approver: bounded(approver),
    ...(choice === undefined ? {} : { choice }),
    refusal,
  };
  return draft('approval.voted', approval, { ts, facts });
}

/** Glass that was to be broken or reviewed, as is on record, and was not: somebody was quicker, or the store failed. */
export function refusedGlassRecord(
  type: 'approval.glass_broken' | 'approval.glass_reviewed',
  approval: Approval,
  {
    by,
    nonce,
    refusal,
  }: {
    readonly by: { readonly issuer: string; readonly subject: string };
    readonly nonce: string;
    readonly refusal: string;
  },
  ts: string,
): RecordDraft {
  const who = { approverIssuer: bounded(by.issuer), approver: bounded(by.subject) };
  return draft(type, approval, { ts, facts: { ...who, nonce, refusal } });
}

type Facts = Partial<RecordedApproval>;

function draft(
  type: ApprovalRecordType,
  { request, state }: Approval,
  said: { readonly ts: string; readonly exchange?: string | undefined; readonly facts: Facts },
): RecordDraft {
  const { requester } = request;
  const { ts, exchange, facts } = said;
  return {
    type,
    ts,
    ...(exchange === undefined ? {} : { exchange }),
    principal: {
      issuer: requester.issuer,
      subject: bounded(requester.subject),
      ...(requester.actors.length === 0 ? {} : { actors: requester.actors }),
      ...(requester.client === undefined ? {} : { client: bounded(requester.client) }),
    },
    approval: {
      id: request.id,
      binding: request.binding,
      state,
      rule: bounded(request.rule),
      scope: request.terms.allowance.scope,
      target: targetText(request.target),
      ...facts,
    },
  };
}

function factsOf(type: ApprovalRecordType, approval: Approval): Facts {
  switch (type) {
    case 'approval.requested':
      return { expiresAtMillis: approval.pendingUntilMillis };
    case 'approval.voted':
      return voteFacts(approval.votes.at(-1));
    case 'approval.granted':
      return { ...grantFacts(approval), requestedAtMillis: approval.requestedAtMillis };
    case 'approval.consumed':
      return spendingFacts(approval);
    case 'approval.glass_broken':
    case 'approval.glass_overdue':
      return brokenFacts(approval);
    case 'approval.glass_reviewed':
      return reviewFacts(approval);
    case 'approval.denied':
    case 'approval.revoked':
    case 'approval.expired':
    case 'approval.cancelled':
      return endingFacts(approval);
  }
}

function voteFacts(vote: Vote | undefined): Facts {
  if (vote === undefined) return {};
  const { issuer, subject, choice, reason } = vote;
  return { approverIssuer: bounded(issuer), approver: bounded(subject), choice, reason };
}

/** A spending names who approved, so that it can be judged without the records before it. */
function spendingFacts(approval: Approval): Facts {
  if (!('spending' in approval)) return grantFacts(approval);
  return { ...grantFacts(approval), use: approval.spending?.uses ?? 0 };
}

function grantFacts(approval: Approval): Facts {
  if (!('grant' in approval) || approval.grant === undefined) return {};
  const { nonce, maxUses, expiresAtMillis } = approval.grant;
  const approvers = approvingVotes(approval).map(({ subject }) => bounded(subject));
  const broken = approval.grant.kind === 'BreakGlass' ? ({ breakGlass: true } as const) : {};
  return { approvers, nonce, maxUses, expiresAtMillis, ...broken };
}

function brokenFacts(approval: Approval): Facts {
  const glass = glassOf(approval);
  if (glass === undefined || !('grant' in approval) || approval.grant === undefined) return {};
  const { issuer, subject, reason, reviewUntilMillis } = glass;
  const { nonce, maxUses, expiresAtMillis } = approval.grant;
  const who = { approverIssuer: bounded(issuer), approver: bounded(subject) };
  return { ...who, reason, nonce, maxUses, expiresAtMillis, reviewUntilMillis };
}

function reviewFacts(approval: Approval): Facts {
  const glass = glassOf(approval);
  if (glass?.review === undefined) return {};
  const { issuer, subject, verdict, reason } = glass.review;
  const who = { approverIssuer: bounded(issuer), approver: bounded(subject) };
  return { ...who, verdict, reason, nonce: glass.nonce };
}

/** Who asked ends it by cancelling, so there the record names no approver. */
function endingFacts(approval: Approval): Facts {
  if (!('ending' in approval)) return {};
  const { by, reason } = approval.ending;
  return {
    ...(by === undefined || approval.state === 'CANCELLED'
      ? {}
      : { approverIssuer: bounded(by.issuer), approver: bounded(by.subject) }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** A URI's query, fragment and user part may carry secrets: a record keeps only that they were there. */
function targetText({ kind, name }: Target): string {
  if (kind !== 'resource') return bounded(`${kind}:${name}`);
  const uri = name.replace(/^([^/?#]*:\/\/)[^/?#]*@/, '$1…@').replace(/[?#].*$/s, '?…');
  return bounded(`resource:${uri}`);
}

function bounded(text: string): string {
  if (text.length <= MAX_RECORDED_CHARS) return text;
  // The cut may fall inside a pair of surrogates, and evidence takes whole Unicode only.
  return `${text.slice(0, MAX_RECORDED_CHARS).toWellFormed()}…`;
}
