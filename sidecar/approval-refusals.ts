// What a caller hears of an approval that is not there: to wait, to retry, or no. Approvers' reasons
// are passed on, since they were written to be read.

import type { Approval, EndedApproval, PendingApproval } from '#core/approvals/approval.ts';
import type { ApprovalNotice, Refusal } from '#core/refusal.ts';

type UrlOf = (approvalId: string) => string;

/** Seconds after which a retry may find a decision. */
const RETRY_SECONDS = 15;

export const UNAVAILABLE: Refusal = {
  code: 'approval_unavailable',
  reason: 'approvals cannot be had now, so a call that needs one is refused',
  retryAfterSeconds: RETRY_SECONDS,
};

/** Nothing is forwarded that is not on record. */
export const UNRECORDED: Refusal = {
  code: 'evidence_unavailable',
  reason: 'evidence cannot be written, so nothing is forwarded',
  retryAfterSeconds: RETRY_SECONDS,
};

/** Nobody hears it: what ended the call is what is recorded. */
export const UNWANTED: Refusal = {
  code: 'approval_refused',
  reason: 'the call is not wanted any more',
};

/** The call goes on under one approval alone, and somebody was faster, or it is forgotten. */
export const SPENT_ELSEWHERE: Refusal = {
  code: 'approval_refused',
  reason: 'the approval was used up by an identical call, or is forgotten; call again to ask anew',
};

/** The last rung: the identical retry attaches to the same request. */
export function pendingRefusal(
  approval: PendingApproval,
  urlOf: UrlOf,
  message: string | undefined,
): Refusal {
  const notice = noticeOf(approval, urlOf);
  return {
    code: 'approval_pending',
    reason:
      (message === undefined ? '' : `${message} `) +
      `Approval ${notice.id} is required and has not been given yet: ${notice.url} . ` +
      `Retry the identical call after it is approved; the request expires at ${notice.expiresAt}.`,
    rule: approval.request.rule,
    retryAfterSeconds: RETRY_SECONDS,
    approval: notice,
  };
}

/** One more round: the client comes back by itself with this state. */
export function roundRefusal(
  approval: PendingApproval,
  urlOf: UrlOf,
  requestState: string,
): Refusal {
  return {
    code: 'approval_round',
    reason: 'waiting for an approval',
    rule: approval.request.rule,
    approval: { ...noticeOf(approval, urlOf), requestState },
  };
}

export function refusalBy(approval: EndedApproval, urlOf: UrlOf): Refusal {
  const { id, rule } = approval.request;
  const said = approval.ending.reason === undefined ? '' : `: ${approval.ending.reason}`;
  return {
    code: 'approval_refused',
    reason: `approval ${id} was ${WORDS[approval.state]}${said}`,
    rule,
    approval: noticeOf(approval, urlOf),
  };
}

/** Over without being used up. */
export function isEnded(approval: Approval): approval is EndedApproval {
  return Object.hasOwn(WORDS, approval.state);
}

const WORDS = {
  DENIED: 'denied',
  EXPIRED: 'not given in time',
  CANCELLED: 'cancelled by its requester',
  REVOKED: 'taken back',
} as const;

function noticeOf(approval: Approval, urlOf: UrlOf): ApprovalNotice {
  const { id } = approval.request;
  const expiresAt = new Date(approval.pendingUntilMillis).toISOString();
  return { id, url: urlOf(id), expiresAt };
}
