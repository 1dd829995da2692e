// What a receiver is sent of a notice: JSON for programs, one message with a link for people in Slack.
// No text of a peer can become markup: Slack gets it as plain text.

import type { Notice } from '#core/notifications/notice.ts';
import type { NotificationEvent } from '#crds/policy.ts';

/** The body of a signed webhook; `url` is where the approval is decided. */
export function webhookBody({ event, ts, ...told }: Notice, url: string | undefined): string {
  const { record, principal, approval, facts } = told;
  return JSON.stringify({
    type: TYPES[event],
    timestamp: ts,
    data: {
      record,
      ...(principal === undefined ? {} : { principal }),
      ...(approval === undefined ? {} : { approval }),
      ...facts,
      ...(url === undefined ? {} : { url }),
    },
  });
}

const TYPES: Readonly<Record<NotificationEvent, string>> = {
  ApprovalRequested: 'gatehouse.approval.requested',
  ApprovalDecided: 'gatehouse.approval.decided',
  ApprovalExpired: 'gatehouse.approval.expired',
  BreakGlass: 'gatehouse.alert.break_glass',
  ReviewOverdue: 'gatehouse.alert.review_overdue',
  SelfApprovalAttempt: 'gatehouse.alert.self_approval_attempt',
  DenialBurst: 'gatehouse.alert.denial_burst',
  UnexpectedApproval: 'gatehouse.alert.unexpected_approval',
  MaskingFailed: 'gatehouse.alert.masking_failed',
  Degraded: 'gatehouse.degraded',
};

const TITLES: Readonly<Record<NotificationEvent, string>> = {
  ApprovalRequested: 'A call waits for approval',
  ApprovalDecided: 'An approval was decided',
  ApprovalExpired: 'A call was not decided in time',
  BreakGlass: 'Alert: somebody broke the glass',
  ReviewOverdue: 'Alert: nobody has reviewed broken glass in time',
  SelfApprovalAttempt: 'Alert: somebody tried to decide about their own request',
  DenialBurst: 'Alert: one caller is refused again and again',
  UnexpectedApproval: 'Alert: an approval that is worth a second look',
  MaskingFailed: 'Alert: a message was withheld because it could not be masked',
  Degraded: 'Gatehouse works without something it needs',
};

/** Slack cuts longer texts of a block itself, in the middle of anything. */
const MAX_TEXT = 2800;

export function slackBody(notice: Notice, url: string | undefined): string {
  const title = TITLES[notice.event];
  const lines = [...factsOf(notice)].map(([name, value]) => `${name}: ${value}`);
  const text = lines.join('\n').slice(0, MAX_TEXT).toWellFormed();
  const link = { type: 'plain_text', text: LINKS.get(notice.event) ?? 'Open in Gatehouse' };
  return JSON.stringify({
    text: title,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: title } },
      ...(text === '' ? [] : [{ type: 'section', text: { type: 'plain_text', text } }]),
      ...(url === undefined
        ? []
        : [{ type: 'actions', elements: [{ type: 'button', text: link, url }] }]),
    ],
  });
}

const LINKS: ReadonlyMap<NotificationEvent, string> = new Map([
  ['ApprovalRequested', 'Decide in Gatehouse'],
]);

function* factsOf({ principal, approval, facts, record }: Notice): Iterable<readonly string[]> {
  if (approval !== undefined) {
    yield ['Call', approval.target];
    yield ['State', approval.state];
    yield ['Rule', approval.rule];
  }
  if (principal !== undefined) yield ['Asked by', `${principal.subject} (${principal.issuer})`];
  if (approval?.approver !== undefined) yield ['Decided by', approval.approver];
  if (approval?.reason !== undefined) yield ['Reason', approval.reason];
  if (approval?.refusal !== undefined) yield ['Refused', approval.refusal];
  for (const [name, value] of Object.entries(facts)) yield [name, String(value)];
  yield ['Record', record];
}
