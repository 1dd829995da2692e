// How long things last, as absolute deadlines: a window closes when it was said to, however often it
// is used, and a deadline is never moved.

import type { Signer } from '#core/evidence/signature.ts';
import { nextClosingMillis } from './closing.ts';
import { type Grant, type GrantTerms, signGrant } from './grant.ts';
import { type Allowance, type ApprovalRequest, requestDigest } from './request.ts';

/** Those who take votes and those who count them may run on clocks that differ by this much. */
export const CLOCK_TOLERANCE_MILLIS = 5_000;

/** However long a grant of the approvers would hold. */
const BREAK_GLASS_SECONDS = 30 * 60;
/** By then somebody else has looked at why glass was broken. */
const REVIEW_SECONDS = 24 * 60 * 60;

/** When a request that nobody decides is over. */
export function pendingUntilMillis({ terms }: ApprovalRequest, nowMillis: number): number {
  return nowMillis + terms.pendingTtlSeconds * 1000;
}

export interface GrantMaking {
  /** Absent: people have approved. */
  readonly kind?: 'BreakGlass';
  /** Fresh: 32 to 64 hexadecimal digits of chance. */
  readonly nonce: string;
  readonly nowMillis: number;
  readonly signer: Signer;
}

/** The grant a vote brings along, for the store to keep should that vote complete the quorum. */
export function grantFor(
  asked: ApprovalRequest,
  { kind, nonce, nowMillis, signer }: GrantMaking,
): Grant {
  const { id, binding, terms } = asked;
  const { maxUses } = terms.allowance;
  const expiresAtMillis = grantUntilMillis(terms.allowance, kind, nowMillis);
  const request = requestDigest(asked);
  const named = kind === undefined ? {} : { kind };
  const grant = { ...named, approvalId: id, binding, request, nonce, maxUses, expiresAtMillis };
  return signGrant(grant, signer);
}

/** When the review of glass broken now is due. */
export function reviewUntilMillis(nowMillis: number): number {
  return nowMillis + REVIEW_SECONDS * 1000;
}

/** The latest such moment that is believed, by whoever counts. */
export function latestReviewMillis(nowMillis: number): number {
  return reviewUntilMillis(nowMillis + CLOCK_TOLERANCE_MILLIS);
}

/** Broken glass never opens more than approvers would have, nor longer. */
function grantUntilMillis(
  { ttlSeconds, closings = [] }: Allowance,
  kind: GrantTerms['kind'],
  nowMillis: number,
): number {
  const seconds = kind === 'BreakGlass' ? Math.min(ttlSeconds, BREAK_GLASS_SECONDS) : ttlSeconds;
  const closes = closings.map((closing) => nextClosingMillis(closing, nowMillis));
  return Math.min(nowMillis + seconds * 1000, ...closes);
}

/** Whether a grant stays within what was asked: a signer that is fooled or wrong widens nothing. */
export function isWithinTerms(
  grant: GrantTerms,
  asked: ApprovalRequest,
  nowMillis: number,
): boolean {
  const { id, binding, terms } = asked;
  const { maxUses } = terms.allowance;
  const latestMillis = grantUntilMillis(
    terms.allowance,
    grant.kind,
    nowMillis + CLOCK_TOLERANCE_MILLIS,
  );
  return (
    grant.approvalId === id &&
    grant.binding === binding &&
    grant.request === requestDigest(asked) &&
    /^[0-9a-f]{32,64}$/.test(grant.nonce) &&
    isCount(grant.maxUses) &&
    grant.maxUses <= maxUses &&
    Number.isSafeInteger(grant.expiresAtMillis) &&
    grant.expiresAtMillis > nowMillis &&
    grant.expiresAtMillis <= latestMillis
  );
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
