// Going on without a decision: somebody whom the policy names opens one request, with a reason, and for it
// owes a review by somebody else. Both are signed, so that writing to the store makes neither.

import { canonicalize } from '#core/evidence/canonical.ts';
import type { Signer } from '#core/evidence/signature.ts';
import type { Approval, GrantedApproval, PendingApproval } from './approval.ts';
import type { Approver } from './approver.ts';
import { type Grant, type GrantKey, isGrantGenuine } from './grant.ts';
import { type Identity, isSameHuman } from './identity.ts';
import { reasonProblem } from './reason.ts';
import { type ApprovalRequest, type Need, requestDigest } from './request.ts';
import { isInPool, type SeparationRefusal, separationRefusal } from './separation.ts';
import { isWithinTerms, latestReviewMillis } from './windows.ts';

export const VERDICTS = ['justified', 'unjustified'] as const;
export type Verdict = (typeof VERDICTS)[number];

interface GlassWords extends Identity {
  readonly reason: string;
  /** Of the grant that it made. */
  readonly nonce: string;
  /** Absolute: by then somebody else must have reviewed it. Whole milliseconds since 1970. */
  readonly reviewUntilMillis: number;
}

/** Who went on without a decision, and why. */
export interface Glass extends GlassWords {
  readonly atMillis: number;
  readonly signature: string;
  /** Absent until it is reviewed. */
  readonly review?: GlassReview;
  /** That its review is overdue has been told, by whoever made it so: once, whichever replica noticed. */
  readonly isToldOverdue?: true;
}

interface ReviewWords extends Identity {
  readonly verdict: Verdict;
  readonly reason: string;
}

export interface GlassReview extends ReviewWords {
  readonly atMillis: number;
  readonly signature: string;
}

/** What breaking glass brings to the store. */
export interface Breaking {
  readonly approver: Approver;
  readonly reason: string;
  readonly reviewUntilMillis: number;
  /** Of the kind BreakGlass. */
  readonly grant: Grant;
  readonly signature: string;
}

export interface Reviewing {
  readonly approver: Approver;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly signature: string;
}

export type GlassRefusal =
  | SeparationRefusal
  | 'glass_not_yours'
  | 'glass_forged'
  | 'not_pending'
  | 'grant_invalid'
  | 'reason_invalid'
  | 'no_review_owed'
  | 'reviewed_already'
  | 'broke_it'
  | 'review_forged';

export type Judged<Next> =
  | { readonly ok: true; readonly approval: Next }
  | { readonly ok: false; readonly code: GlassRefusal };

interface Judging {
  readonly nowMillis: number;
  readonly trusted: readonly GrantKey[];
}

/** Undefined: may go on. Where several pools are asked, each must name them: the strictest wins. */
export function breakingRefusal(
  by: Approver,
  { terms }: Pick<ApprovalRequest, 'terms'>,
): 'glass_not_yours' | undefined {
  const mayBreak = ({ breakGlass }: Need) => breakGlass !== undefined && isInPool(by, breakGlass);
  return terms.needs.length > 0 && terms.needs.every(mayBreak) ? undefined : 'glass_not_yours';
}

/** A review is by somebody who could have decided the request, and did not go around its decision. */
export function reviewRefusal(by: Approver, approval: Approval): GlassRefusal | undefined {
  const glass = glassOf(approval);
  if (glass === undefined) return 'no_review_owed';
  if (glass.review !== undefined) return 'reviewed_already';
  return isSameHuman(by, glass) ? 'broke_it' : separationRefusal(by, approval.request);
}

export function breakGlass(
  approval: PendingApproval,
  breaking: Breaking,
  { nowMillis, trusted }: Judging,
): Judged<GrantedApproval> {
  const { request } = approval;
  const { approver, reason, reviewUntilMillis, grant, signature } = breaking;
  const refusal = breakingRefusal(approver, request);
  if (refusal !== undefined) return refuse(refusal);
  if (reasonProblem(reason) !== undefined) return refuse('reason_invalid');
  if (grant.kind !== 'BreakGlass' || !isWithinTerms(grant, request, nowMillis)) {
    return refuse('grant_invalid');
  }
  const { issuer, subject, person } = approver;
  const { nonce } = grant;
  const words = { issuer, subject, person, reason, nonce, reviewUntilMillis };
  const glass: Glass = { ...words, atMillis: nowMillis, signature };
  const isTimely = reviewUntilMillis <= latestReviewMillis(nowMillis);
  if (!isTimely || !isGrantGenuine(grant, trusted) || !isGlassGenuine(glass, request, trusted)) {
    return refuse('glass_forged');
  }
  const version = approval.version + 1;
  const spending = { uses: 0, open: [] };
  return { ok: true, approval: { ...approval, state: 'GRANTED', version, grant, spending, glass } };
}

/** Whatever has become of the call: a review is of the person's going around, used or not. */
export function reviewGlass(
  approval: Approval,
  { approver, verdict, reason, signature }: Reviewing,
  { nowMillis, trusted }: Judging,
): Judged<Approval> {
  // What somebody wrote into the store is no review, and keeps nobody from reviewing either.
  const sound = withoutForgedReview(approval, trusted);
  const refusal = reviewRefusal(approver, sound);
  if (refusal !== undefined) return refuse(refusal);
  const glass = glassOf(sound);
  if (glass === undefined) return refuse('no_review_owed');
  if (!isGlassGenuine(glass, approval.request, trusted)) return refuse('glass_forged');
  if (reasonProblem(reason) !== undefined) return refuse('reason_invalid');
  const { issuer, subject, person } = approver;
  const review = { issuer, subject, person, verdict, reason, atMillis: nowMillis, signature };
  if (!isReviewGenuine(review, glass, trusted)) return refuse('review_forged');
  const version = approval.version + 1;
  return { ok: true, approval: { ...sound, version, glass: { ...glass, review } } as Approval };
}

/** Undefined: nothing is overdue, or that has been told. Glass that nobody signed is nobody's to review. */
export function tellOverdue(approval: Approval, judging: Judging): Approval | undefined {
  const glass = glassOf(approval);
  if (glass === undefined || !isUntold(approval, judging)) return undefined;
  const version = approval.version + 1;
  return { ...approval, version, glass: { ...glass, isToldOverdue: true } } as Approval;
}

/** Whether somebody must be told that a review is overdue. */
export function isUntold(approval: Approval, judging: Judging): boolean {
  const glass = glassOf(approval);
  return (
    glass !== undefined &&
    glass.isToldOverdue === undefined &&
    reviewStanding(approval, judging) === 'overdue' &&
    isGlassGenuine(glass, approval.request, judging.trusted)
  );
}

export const REVIEW_STANDINGS = ['open', 'overdue', 'done'] as const;
export type ReviewStanding = (typeof REVIEW_STANDINGS)[number];

/** Undefined where no glass was broken. One that nobody signed counts as overdue: it opens nothing more. */
export function reviewStanding(
  approval: Approval,
  { nowMillis, trusted }: Judging,
): ReviewStanding | undefined {
  const glass = glassOf(approval);
  if (glass === undefined) return undefined;
  if (!isGlassGenuine(glass, approval.request, trusted)) return 'overdue';
  if (glass.review !== undefined && isReviewGenuine(glass.review, glass, trusted)) return 'done';
  return nowMillis < glass.reviewUntilMillis ? 'open' : 'overdue';
}

/** A store does not forget such an approval. */
export function owesReview(approval: Approval): boolean {
  const glass = glassOf(approval);
  return glass !== undefined && glass.review === undefined;
}

export function glassOf(approval: Approval): Glass | undefined {
  return 'glass' in approval ? approval.glass : undefined;
}

export function withoutForgedReview(approval: Approval, trusted: readonly GrantKey[]): Approval {
  const glass = glassOf(approval);
  if (glass?.review === undefined || isReviewGenuine(glass.review, glass, trusted)) return approval;
  const { review: _, ...unreviewed } = glass;
  return { ...approval, glass: unreviewed } as Approval;
}

/** Ed25519 over who, why and the request, base64url. */
export function signGlass(words: GlassWords, asked: ApprovalRequest, signer: Signer): string {
  return signer.sign('breakGlass', glassText(words, asked));
}

export function isGlassGenuine(
  glass: Glass,
  asked: ApprovalRequest,
  keys: readonly GrantKey[],
): boolean {
  const text = glassText(glass, asked);
  return keys.some((key) => key.verifies('breakGlass', text, glass.signature));
}

export function signReview(
  words: ReviewWords,
  glass: Pick<Glass, 'signature'>,
  signer: Signer,
): string {
  return signer.sign('glassReview', reviewText(words, glass));
}

function isReviewGenuine(review: GlassReview, glass: Glass, keys: readonly GrantKey[]): boolean {
  const text = reviewText(review, glass);
  return keys.some((key) => key.verifies('glassReview', text, review.signature));
}

function glassText(words: GlassWords, asked: ApprovalRequest): string {
  const { issuer, subject, person, reason, nonce, reviewUntilMillis } = words;
  const request = requestDigest(asked);
  return canonicalize({ request, issuer, subject, person, reason, nonce, reviewUntilMillis });
}

/** The signature of the glass names it: a review of one is none of another. */
function reviewText(
  { issuer, subject, person, verdict, reason }: ReviewWords,
  { signature: glass }: Pick<Glass, 'signature'>,
): string {
  return canonicalize({ glass, issuer, subject, person, verdict, reason });
}

function refuse(code: GlassRefusal): { readonly ok: false; readonly code: GlassRefusal } {
  return { ok: false, code };
}
