// Why the desk turns somebody away, in words for that person. They name rules and claims, never a value.

import type { Approval } from './approval.ts';
import type { ApproverRefusal } from './approver.ts';
import type { TransitionRefusal } from './states.ts';

export type DeskRefusalCode =
  | ApproverRefusal
  | TransitionRefusal
  | 'unknown'
  | 'store_unavailable'
  | 'evidence_unavailable';

export interface DeskRefusal {
  readonly ok: false;
  readonly code: DeskRefusalCode;
  readonly reason: string;
  /** As it stands; absent for those who may not see it. */
  readonly approval?: Approval;
}

export function deskRefusal(
  code: DeskRefusalCode,
  { approval, reason }: { readonly approval?: Approval; readonly reason?: string } = {},
): DeskRefusal {
  const words = reason ?? WORDS.get(code) ?? 'the approval does not allow that now';
  return { ok: false, code, reason: words, ...(approval === undefined ? {} : { approval }) };
}

const WORDS: ReadonlyMap<DeskRefusalCode, string> = new Map([
  ['unknown', 'there is no such approval, or it is long over'],
  ['requester', 'this is your own request; somebody else must decide it'],
  ['same_person', 'this is your own request, under another account; somebody else must decide it'],
  ['acts_for_requester', 'the call was made through you; somebody else must decide it'],
  ['other_issuer', 'approvers of this request sign in with another issuer'],
  ['not_an_approver', 'the policy does not name you, nor a group of your token, as an approver'],
  ['not_pending', 'it does not wait for a decision any more'],
  ['not_granted', 'there is no grant to take back'],
  ['expired', 'it has expired'],
  ['already_voted', 'you have approved it already; another person must approve it too'],
  ['votes_full', 'it has more votes than it may have'],
  ['reason_invalid', 'reason: must say why, in one line of up to 500 characters'],
  ['not_the_requester', 'only whoever asked for it can cancel it'],
  ['store_unavailable', 'approvals cannot be kept now; look at it again before you try again'],
  ['evidence_unavailable', 'evidence cannot be written now; nothing was approved, try again'],
]);
