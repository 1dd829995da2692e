// How one person stands to one approval: what their page offers, in agreement with what the desk would
// say. The desk decides; this only keeps pages from offering what it refuses.

import { type Approval, approvingVotes } from '#core/approvals/approval.ts';
import { type Approver, type ApproverRules, readApprover } from '#core/approvals/approver.ts';
import type { Caller } from '#core/approvals/desk.ts';
import { isSameAccount, isSameHuman } from '#core/approvals/identity.ts';
import { separationRefusal } from '#core/approvals/separation.ts';
import type { Principal } from '#core/identity/principal.ts';
import { VISIT_SECONDS } from './visits.ts';

export type Stance =
  /** It waits for this person. */
  | 'decide'
  /** They approved it; others must too. */
  | 'approved'
  /** They asked for it. */
  | 'own'
  /** There is a grant they may take back. */
  | 'revoke'
  /** Nothing is left to do. */
  | 'read';

export interface Reader {
  readonly approver: Approver;
  /** For listing and reading, which a visit is good for as long as it lasts. */
  readonly reading: Caller;
  /** For deciding, which takes a sign-in from the last minutes. */
  readonly deciding: Caller;
  /** Until when the sign-in is fresh enough to decide; in the past when it is not. */
  readonly decidesUntilSeconds: number;
}

/** Undefined when the principal is not one that the desk would listen to at all. */
export function readerOf(
  principal: Principal,
  rules: ApproverRules,
  {
    nowSeconds,
    maxSignInAgeSeconds,
  }: { readonly nowSeconds: number; readonly maxSignInAgeSeconds: number },
): Reader | undefined {
  const patient = { ...rules, maxSignInAgeSeconds: VISIT_SECONDS + maxSignInAgeSeconds };
  const read = readApprover(principal, patient, nowSeconds);
  if (!read.ok) return undefined;
  const { auth_time: signedInAt } = principal.claims;
  return {
    approver: read.approver,
    reading: { principal, rules: patient },
    deciding: { principal, rules },
    decidesUntilSeconds: Number(signedInAt) + maxSignInAgeSeconds,
  };
}

export function stanceOf({ approver }: Reader, approval: Approval): Stance {
  const { request, state } = approval;
  if (isSameAccount(approver, request.requester)) return 'own';
  if (separationRefusal(approver, request) !== undefined) return 'read';
  if (state === 'GRANTED') return 'revoke';
  if (state !== 'PENDING') return 'read';
  const hasApproved = approvingVotes(approval).some((vote) => isSameHuman(vote, approver));
  return hasApproved ? 'approved' : 'decide';
}
