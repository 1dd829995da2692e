// One vote, as the desk takes it: on record before the store counts it, so that no grant can be spent whose votes are
// not. One that the store then does not take is followed by a record that says so.

import type { Approval } from './approval.ts';
import type { StepParts } from './desk-step.ts';
import { attemptMove, isGrantedBy } from './lost-answer.ts';
import { approvalRecord, refusedDecisionRecord } from './recorded.ts';
import { type Decision, signVote } from './signed-vote.ts';
import { transition } from './states.ts';
import type { Moved } from './store.ts';
import type { Ballot } from './voting.ts';
import { grantFor } from './windows.ts';

export async function voteAt(
  parts: StepParts,
  approval: Approval,
  decision: Decision,
): Promise<Moved> {
  const { append, owed, nowMillis, trusted, timestamp } = parts;
  const ballot = ballotOf(parts, approval, decision);
  const judging = { nowMillis: nowMillis(), trusted };
  const judged = transition(approval, { kind: 'vote', ...ballot }, judging);
  if (!judged.ok) return { ...judged, approval };
  const cast = { ...approval, votes: judged.approval.votes };
  const voted = approvalRecord('approval.voted', cast, timestamp());
  if (ballot.choice === 'approve') await append(voted);
  else await owed.write(voted);
  const moved = await castInStore(parts, approval, ballot);
  if (moved.ok && isGrantedBy(ballot, moved.approval)) {
    await owed.write(approvalRecord('approval.granted', moved.approval, timestamp()));
  }
  if (moved.ok && moved.approval.state === 'DENIED') {
    await owed.write(approvalRecord('approval.denied', moved.approval, timestamp()));
  }
  return moved;
}

async function castInStore(
  { store, owed, timestamp }: StepParts,
  approval: Approval,
  ballot: Ballot,
): Promise<Moved> {
  const { id } = approval.request;
  try {
    return await attemptMove(store, {
      id,
      run: () => store.vote(id, ballot),
      isTaken: ({ votes }) => votes.some(({ signature }) => signature === ballot.signature),
    });
  } catch (error) {
    const { issuer, subject } = ballot.approver;
    const refused = {
      approverIssuer: issuer,
      approver: subject,
      choice: ballot.choice,
      refusal: 'store_unavailable',
    };
    await owed.write(refusedDecisionRecord(approval, refused, timestamp()));
    throw error;
  }
}

/** An approval brings the grant along, should it be the last that is missing. */
function ballotOf(
  { signer, nowMillis, newNonce }: StepParts,
  { request }: Approval,
  { approver, choice, reason }: Decision,
): Ballot {
  const signature = signVote({ approver, choice, reason }, request, signer);
  if (choice === 'deny') return { approver, choice, reason, signature };
  const grant = grantFor(request, { nonce: newNonce(), nowMillis: nowMillis(), signer });
  return { approver, choice, reason, signature, grant };
}
