// How long things last, as absolute deadlines: a window closes when it was said to, however often it
// is used, and a deadline is never moved.

import type { Signer } from '#core/evidence/signature.ts';
import { type Grant, type GrantTerms, signGrant } from './grant.ts';
import { type ApprovalRequest, requestDigest } from './request.ts';

/** Those who take votes and those who count them may run on clocks that differ by this much. */
const CLOCK_TOLERANCE_MILLIS = 5_000;

/** When a request that nobody decides is over. */
export function pendingUntilMillis({ terms }: ApprovalRequest, nowMillis: number): number {
  return nowMillis + terms.pendingTtlSeconds * 1000;
}

export interface GrantMaking {
  /** Fresh: 32 to 64 hexadecimal digits of chance. */
  readonly nonce: string;
  readonly nowMillis: number;
  readonly signer: Signer;
}

/** The grant a vote brings along, for the store to keep should that vote complete the quorum. */
export function grantFor(asked: ApprovalRequest, { nonce, nowMillis, signer }: GrantMaking): Grant {
  const { id, binding, terms } = asked;
  const { maxUses, ttlSeconds } = terms.allowance;
  const expiresAtMillis = nowMillis + ttlSeconds * 1000;
  const request = requestDigest(asked);
  return signGrant({ approvalId: id, binding, request, nonce, maxUses, expiresAtMillis }, signer);
}

/** Whether a grant stays within what was asked: a signer that is fooled or wrong widens nothing. */
export function isWithinTerms(
  grant: GrantTerms,
  asked: ApprovalRequest,
  nowMillis: number,
): boolean {
  const { id, binding, terms } = asked;
  const { maxUses, ttlSeconds } = terms.allowance;
  const latestMillis = nowMillis + ttlSeconds * 1000 + CLOCK_TOLERANCE_MILLIS;
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
