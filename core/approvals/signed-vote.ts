// A vote counts only when whoever took it has signed it, with all that its voter was shown: writing to the
// store is not enough to vote, nor to have people vote on something else than they saw.

import { canonicalize } from '#core/evidence/canonical.ts';
import type { Signer } from '#core/evidence/signature.ts';
import type { Approval, Vote } from './approval.ts';
import type { Approver } from './approver.ts';
import type { GrantKey } from './grant.ts';
import { type ApprovalRequest, requestDigest } from './request.ts';
import { needsServedBy } from './separation.ts';

export interface VoteWords {
  readonly issuer: string;
  readonly subject: string;
  readonly person: string;
  /** The pools the voter belonged to when voting, as indexes of the needs. */
  readonly serves: readonly number[];
  readonly choice: 'approve' | 'deny';
  readonly reason: string;
}

export interface Decision {
  readonly approver: Approver;
  readonly choice: 'approve' | 'deny';
  readonly reason: string;
}

export function voteWords(
  { approver, choice, reason }: Decision,
  asked: ApprovalRequest,
): VoteWords {
  const { issuer, subject, person } = approver;
  const serves = needsServedBy(approver, asked.terms.needs);
  return { issuer, subject, person, serves, choice, reason };
}

/** Ed25519 over the decision and the request, base64url. */
export function signVote(decision: Decision, asked: ApprovalRequest, signer: Signer): string {
  return signer.sign('vote', signedText(voteWords(decision, asked), asked));
}

/** Whether one of these keys signed exactly this vote on exactly this request. */
export function isVoteGenuine(
  vote: VoteWords & { readonly signature: string },
  asked: ApprovalRequest,
  keys: readonly GrantKey[],
): boolean {
  const text = signedText(vote, asked);
  return keys.some((key) => key.verifies('vote', text, vote.signature));
}

/** What somebody wrote into the store is no vote: it counts for nothing, and stands under nobody's name. */
export function genuineVotes(
  { votes, request }: Pick<Approval, 'votes' | 'request'>,
  keys: readonly GrantKey[],
): readonly Vote[] {
  return votes.filter((vote) => isVoteGenuine(vote, request, keys));
}

function signedText(
  { issuer, subject, person, serves, choice, reason }: VoteWords,
  asked: ApprovalRequest,
): string {
  const request = requestDigest(asked);
  return canonicalize({ request, issuer, subject, person, serves, choice, reason });
}
