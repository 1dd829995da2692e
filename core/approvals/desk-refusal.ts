// Why the desk turns somebody away, in words for that person. They name rules and claims, never a value.

import type { Approval } from './approval.ts';
import type { ApproverRefusal } from './approver.ts';
import { MAX_REASON_CHARS } from './reason.ts';
import type { TransitionRefusal } from './states.ts';
import type { DeskOnlyRefusal } from './store.ts';
import { CLOCK_TOLERANCE_MILLIS } from './windows.ts';

export type DeskRefusalCode =
  | ApproverRefusal
  | TransitionRefusal
  | DeskOnlyRefusal
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
  [
    'shown_otherwise',
    'it is not as it was shown to you: somebody changed it in the store; look at it again, and tell whoever runs that',
  ],
  ['not_granted', 'there is no grant to take back'],
  ['expired', 'it has expired'],
  ['already_voted', 'you have approved it already; another person must approve it too'],
  ['votes_full', 'it has more votes than it may have'],
  [
    'grant_invalid',
    `the clock of whoever signs is over ${CLOCK_TOLERANCE_MILLIS / 1000} seconds ahead of that of the approvals; nothing was approved until both are set right`,
  ],
  ['reason_invalid', `reason: must say why, in one line of up to ${MAX_REASON_CHARS} characters`],
  ['not_the_requester', 'only whoever asked for it can cancel it'],
  [
    'glass_not_yours',
    'the policy does not name you, nor a group of your token, for breaking glass here',
  ],
  [
    'review_overdue',
    'glass that was broken for this approval, or by you, has not been reviewed in time; have that reviewed first',
  ],
  ['reviews_full', 'too much broken glass waits for its review; review some of it first'],
  ['no_review_owed', 'no glass was broken here, so there is nothing to review'],
  ['reviewed_already', 'somebody has reviewed it already'],
  ['broke_it', 'you broke this glass yourself; somebody else must review it'],
  ['verdict_missing', 'verdict: must be justified or unjustified'],
  ['store_unavailable', 'approvals cannot be kept now; look at it again before you try again'],
  ['evidence_unavailable', 'evidence cannot be written now; nothing was approved, try again'],
]);
