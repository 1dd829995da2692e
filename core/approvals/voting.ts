// One vote on a pending request. Any eligible person's denial ends it, also after they approved; a
// second approval of the same human counts for nothing.

import { type Approval, approvingVotes, type PendingApproval, type Vote } from './approval.ts';
import type { Approver } from './approver.ts';
import type { Grant } from './grant.ts';
import { isSameHuman } from './identity.ts';
import { isQuorate } from './quorum.ts';
import { reasonProblem } from './reason.ts';
import { needsServedBy, type SeparationRefusal, separationRefusal } from './separation.ts';
import { isWithinTerms } from './windows.ts';

export type Ballot =
  | { readonly approver: Approver; readonly choice: 'deny'; readonly reason: string }
  | {
      readonly approver: Approver;
      readonly choice: 'approve';
      readonly reason: string;
      /** From `grantFor`: kept only when this vote completes the quorum. */
      readonly grant: Grant;
    };

export type VoteRefusal =
  | SeparationRefusal
  | 'not_pending'
  | 'already_voted'
  | 'votes_full'
  | 'reason_invalid'
  | 'grant_invalid';

export type Casting =
  | { readonly ok: true; readonly approval: Approval }
  | { readonly ok: false; readonly code: VoteRefusal };

/** Approvals that fill no place are kept too, as decisions; more than this is a flood. */
const MAX_VOTES = 64;

export function cast(
  approval: PendingApproval,
  ballot: Ballot,
  judging: { readonly nowMillis: number; readonly isGenuine: (grant: Grant) => boolean },
): Casting {
  const { request } = approval;
  const refusal = separationRefusal(ballot.approver, request);
  if (refusal !== undefined) return refuse(refusal);
  if (reasonProblem(ballot.reason) !== undefined) return refuse('reason_invalid');
  const votes = [...approval.votes, voteOf(ballot, approval, judging.nowMillis)];
  const version = approval.version + 1;
  if (ballot.choice === 'deny') {
    const { approver, reason } = ballot;
    const by = { issuer: approver.issuer, subject: approver.subject };
    const ending = { atMillis: judging.nowMillis, by, reason };
    return { ok: true, approval: { ...approval, state: 'DENIED', version, votes, ending } };
  }
  const approvals = approvingVotes(approval);
  if (approvals.some((vote) => isSameHuman(vote, ballot.approver))) return refuse('already_voted');
  if (votes.length > MAX_VOTES) return refuse('votes_full');
  const { grant } = ballot;
  if (!isWithinTerms(grant, request, judging.nowMillis) || !judging.isGenuine(grant)) {
    return refuse('grant_invalid');
  }
  if (!isQuorate([...approvals, ...votes.slice(-1)], request.terms.needs)) {
    return { ok: true, approval: { ...approval, version, votes } };
  }
  const spending = { uses: 0, open: [] };
  return {
    ok: true,
    approval: { ...approval, state: 'GRANTED', version, votes, grant, spending },
  };
}

function voteOf(
  { approver, choice, reason }: Ballot,
  { request }: PendingApproval,
  nowMillis: number,
): Vote {
  const { issuer, subject, person } = approver;
  const serves = needsServedBy(approver, request.terms.needs);
  return { issuer, subject, person, serves, choice, reason, atMillis: nowMillis };
}

function refuse(code: VoteRefusal): Casting {
  return { ok: false, code };
}
