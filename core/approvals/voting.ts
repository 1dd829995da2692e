// One vote on a pending request. Any eligible person's denial ends it, also after they approved; a
// second approval of the same human counts for nothing.

import { type Approval, approvingVotes, type PendingApproval, type Vote } from './approval.ts';
import { type Grant, type GrantKey, isGrantGenuine } from './grant.ts';
import { isSameHuman } from './identity.ts';
import { isQuorate } from './quorum.ts';
import { reasonProblem } from './reason.ts';
import { type SeparationRefusal, separationRefusal } from './separation.ts';
import { type Decision, genuineVotes, isVoteGenuine, voteWords } from './signed-vote.ts';
import { isWithinTerms } from './windows.ts';

interface SignedDecision extends Decision {
  /** From `signVote`. */
  readonly signature: string;
}

export type Ballot =
  | (SignedDecision & { readonly choice: 'deny' })
  | (SignedDecision & {
      readonly choice: 'approve';
      /** From `grantFor`: kept only when this vote completes the quorum. */
      readonly grant: Grant;
    });

export type VoteRefusal =
  | SeparationRefusal
  | 'not_pending'
  | 'already_voted'
  | 'votes_full'
  | 'reason_invalid'
  | 'vote_forged'
  | 'grant_invalid';

export type Casting =
  | { readonly ok: true; readonly approval: Approval }
  | { readonly ok: false; readonly code: VoteRefusal };

/** Approvals that fill no place are kept too, as decisions; more than this is a flood. */
export const MAX_VOTES = 64;

export function cast(
  approval: PendingApproval,
  ballot: Ballot,
  { nowMillis, trusted }: { readonly nowMillis: number; readonly trusted: readonly GrantKey[] },
): Casting {
  const { request } = approval;
  const refusal = separationRefusal(ballot.approver, request);
  if (refusal !== undefined) return refuse(refusal);
  if (reasonProblem(ballot.reason) !== undefined) return refuse('reason_invalid');
  const vote = voteOf(ballot, approval, nowMillis);
  const votes = [...genuineVotes(approval, trusted), vote];
  const version = approval.version + 1;
  if (ballot.choice === 'deny') {
    const { approver, reason } = ballot;
    const by = { issuer: approver.issuer, subject: approver.subject };
    const ending = { atMillis: nowMillis, by, reason };
    return { ok: true, approval: { ...approval, state: 'DENIED', version, votes, ending } };
  }
  if (!isVoteGenuine(vote, request, trusted)) return refuse('vote_forged');
  const approvals = approvingVotes({ votes });
  if (approvals.slice(0, -1).some((other) => isSameHuman(other, vote))) {
    return refuse('already_voted');
  }
  if (votes.length > MAX_VOTES) return refuse('votes_full');
  const { grant } = ballot;
  const isOfVotes = grant.kind === undefined && isWithinTerms(grant, request, nowMillis);
  if (!isOfVotes || !isGrantGenuine(grant, trusted)) {
    return refuse('grant_invalid');
  }
  if (!isQuorate(approvals, request.terms.needs)) {
    return { ok: true, approval: { ...approval, version, votes } };
  }
  const spending = { uses: 0, open: [] };
  return {
    ok: true,
    approval: { ...approval, state: 'GRANTED', version, votes, grant, spending },
  };
}

function voteOf(ballot: Ballot, { request }: PendingApproval, nowMillis: number): Vote {
  const { signature } = ballot;
  return { ...voteWords(ballot, request), atMillis: nowMillis, signature };
}

function refuse(code: VoteRefusal): Casting {
  return { ok: false, code };
}
