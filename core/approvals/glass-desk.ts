// Breaking glass and reviewing that, as the desk does it: on record before it takes effect, and not while a review of the
// same approval, or of glass that the same person broke, is overdue. The record is what raises the alert (core/notifications/notice.ts).

import type { Approval } from './approval.ts';
import type { Approver } from './approver.ts';
import { MAX_LISTED, MAX_REVIEWS_OWED } from './book.ts';
import {
  type Breaking,
  breakGlass,
  glassOf,
  type Reviewing,
  reviewGlass,
  reviewRefusal,
  reviewStanding,
  signGlass,
  signReview,
  type Verdict,
} from './break-glass.ts';
import type { StepParts } from './desk-step.ts';
import { isSameHuman } from './identity.ts';
import { attemptMove } from './lost-answer.ts';
import { approvalRecord, refusedGlassRecord } from './recorded.ts';
import { ApprovalStoreFault, type Moved } from './store.ts';
import { grantFor, reviewUntilMillis } from './windows.ts';

export async function breakGlassAt(
  parts: StepParts,
  approval: Approval,
  said: { readonly by: Approver; readonly reason: string },
): Promise<Moved> {
  const breaking = breakingOf(parts, approval, said);
  if (approval.state !== 'PENDING') return { ok: false, code: 'not_pending', approval };
  const judged = breakGlass(approval, breaking, judgingOf(parts));
  if (!judged.ok) return { ...judged, approval };
  const blocked = await reviewsBlock(parts, approval, said.by);
  if (blocked !== undefined) return { ok: false, code: blocked, approval };
  const { store } = parts;
  const { signature } = breaking;
  return takeStep(approval, parts, {
    type: 'approval.glass_broken',
    to: judged.approval,
    by: said.by,
    nonce: breaking.grant.nonce,
    run: () => store.breakGlass(approval.request.id, breaking),
    isTaken: (standing) => glassOf(standing)?.signature === signature,
  });
}

export async function reviewAt(
  parts: StepParts,
  approval: Approval,
  said: { readonly by: Approver; readonly verdict: Verdict; readonly reason: string },
): Promise<Moved> {
  const { signer } = parts;
  const glass = glassOf(approval);
  const refusal = reviewRefusal(said.by, approval);
  if (refusal !== undefined || glass === undefined) {
    return { ok: false, code: refusal ?? 'no_review_owed', approval };
  }
  const { by, verdict, reason } = said;
  const { issuer, subject, person } = by;
  const words = { issuer, subject, person, verdict, reason };
  const signature = signReview(words, glass, signer);
  const reviewing: Reviewing = { approver: by, verdict, reason, signature };
  const judged = reviewGlass(approval, reviewing, judgingOf(parts));
  if (!judged.ok) return { ...judged, approval };
  const { store } = parts;
  return takeStep(approval, parts, {
    type: 'approval.glass_reviewed',
    to: judged.approval,
    by,
    nonce: glass.nonce,
    run: () => store.review(approval.request.id, reviewing),
    isTaken: (standing) => glassOf(standing)?.review?.signature === signature,
  });
}

function breakingOf(
  { signer, nowMillis, newNonce }: StepParts,
  { request }: Approval,
  { by, reason }: { readonly by: Approver; readonly reason: string },
): Breaking {
  const now = nowMillis();
  const nonce = newNonce();
  const grant = grantFor(request, { kind: 'BreakGlass', nonce, nowMillis: now, signer });
  const reviewUntil = reviewUntilMillis(now);
  const { issuer, subject, person } = by;
  const words = { issuer, subject, person, reason, nonce, reviewUntilMillis: reviewUntil };
  const signature = signGlass(words, request, signer);
  return { approver: by, reason, reviewUntilMillis: reviewUntil, grant, signature };
}

/** Whoever went around the approvers answers for it before anybody does so again. */
async function reviewsBlock(
  parts: StepParts,
  { request }: Approval,
  by: Approver,
): Promise<'review_overdue' | 'reviews_full' | undefined> {
  const judging = judgingOf(parts);
  const all = await parts.store.list({ limit: MAX_LISTED });
  const owed = all.flatMap((approval) => {
    const standing = reviewStanding(approval, judging);
    return standing === undefined || standing === 'done' ? [] : [{ approval, standing }];
  });
  const names = new Set(request.terms.needs.map(({ approval }) => approval));
  const blocks = (other: Approval) => {
    const glass = glassOf(other);
    const isOwn = glass !== undefined && isSameHuman(by, glass);
    return isOwn || other.request.terms.needs.some(({ approval }) => names.has(approval));
  };
  if (owed.some(({ approval, standing }) => standing === 'overdue' && blocks(approval))) {
    return 'review_overdue';
  }
  return owed.length >= MAX_REVIEWS_OWED ? 'reviews_full' : undefined;
}

interface GlassStep {
  readonly type: 'approval.glass_broken' | 'approval.glass_reviewed';
  /** As it is to be. */
  readonly to: Approval;
  readonly by: Approver;
  readonly nonce: string;
  readonly run: () => Promise<Moved>;
  readonly isTaken: (standing: Approval) => boolean;
}

/** On record, then in the store. One that this does not take is followed by a record that says so. */
async function takeStep(
  approval: Approval,
  { store, append, owed, timestamp }: StepParts,
  { type, to, by, nonce, run, isTaken }: GlassStep,
): Promise<Moved> {
  await append(approvalRecord(type, to, timestamp()));
  const notTaken = (refusal: string) =>
    owed.write(refusedGlassRecord(type, approval, { by, nonce, refusal }, timestamp()));
  try {
    const moved = await attemptMove(store, { id: approval.request.id, run, isTaken });
    if (!moved.ok) await notTaken(moved.code);
    return moved;
  } catch (error) {
    if (error instanceof ApprovalStoreFault) await notTaken('store_unavailable');
    throw error;
  }
}

function judgingOf({ nowMillis, trusted }: StepParts) {
  return { nowMillis: nowMillis(), trusted };
}
