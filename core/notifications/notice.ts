// What people are told of, read off the evidence: each notice stands for one durable record and names
// it. It carries identity and facts, as the record does; never arguments, never content.

import type { DurableRecord } from '#core/evidence/ledger.ts';
import type { RecordDraft, RecordedApproval, RecordType } from '#core/evidence/record.ts';
import type { NotificationEvent } from '#crds/policy.ts';

export interface Notice {
  readonly event: NotificationEvent;
  /** Of the record, RFC 3339 in UTC. */
  readonly ts: string;
  /** `lane#seq` of the record that it stands for. */
  readonly record: string;
  readonly principal?: NoticedPrincipal;
  readonly approval?: NoticedApproval;
  /** What else there is to say, flat. */
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

export interface NoticedPrincipal {
  readonly issuer: string;
  readonly subject: string;
}

export type NoticedApproval = Pick<
  RecordedApproval,
  | 'id'
  | 'state'
  | 'rule'
  | 'target'
  | 'approver'
  | 'reason'
  | 'refusal'
  | 'expiresAtMillis'
  | 'reviewUntilMillis'
>;

/** What one record alone gives reason to tell. */
const EVENTS: ReadonlyMap<RecordType, NotificationEvent> = new Map([
  ['approval.requested', 'ApprovalRequested'],
  ['approval.granted', 'ApprovalDecided'],
  ['approval.denied', 'ApprovalDecided'],
  ['approval.revoked', 'ApprovalDecided'],
  ['approval.cancelled', 'ApprovalDecided'],
  ['approval.expired', 'ApprovalExpired'],
  ['approval.glass_broken', 'BreakGlass'],
  ['approval.glass_overdue', 'ReviewOverdue'],
  ['degraded.enter', 'Degraded'],
  ['degraded.exit', 'Degraded'],
]);

/** Refusals of a vote that say: somebody tried to decide about themselves. */
const SELF_APPROVAL: ReadonlySet<string> = new Set([
  'requester',
  'same_person',
  'acts_for_requester',
]);

/** Undefined for the many records that nobody needs to be told of one by one. */
export function noticeOf(record: DurableRecord): Notice | undefined {
  const event = eventOf(record.draft);
  return event === undefined ? undefined : notice(event, record);
}

function eventOf({ type, approval, masking }: RecordDraft): NotificationEvent | undefined {
  if (masking?.withheld === 'failed') return 'MaskingFailed';
  // One that then did not happen was told of when it was about to.
  if (type === 'approval.glass_broken') {
    return approval?.refusal === undefined ? 'BreakGlass' : undefined;
  }
  if (type !== 'approval.voted') return EVENTS.get(type);
  return SELF_APPROVAL.has(approval?.refusal ?? '') ? 'SelfApprovalAttempt' : undefined;
}

export function notice(
  event: NotificationEvent,
  { draft, receipt }: DurableRecord,
  facts: Notice['facts'] = {},
): Notice {
  const { ts, principal, approval, message, detail } = draft;
  const shown = event === 'Degraded' ? flat(detail) : {};
  return {
    event,
    ts,
    record: `${receipt.lane}#${receipt.seq}`,
    ...(principal === undefined
      ? {}
      : { principal: { issuer: principal.issuer, subject: principal.subject } }),
    ...(approval === undefined ? {} : { approval: noticed(approval) }),
    facts: { ...(message === undefined ? {} : { method: message.method }), ...shown, ...facts },
  };
}

function noticed(approval: RecordedApproval): NoticedApproval {
  const { id, state, rule, target, approver, reason, refusal } = approval;
  const { expiresAtMillis, reviewUntilMillis } = approval;
  return {
    id,
    state,
    rule,
    target,
    ...(approver === undefined ? {} : { approver }),
    ...(reason === undefined ? {} : { reason }),
    ...(refusal === undefined ? {} : { refusal }),
    ...(expiresAtMillis === undefined ? {} : { expiresAtMillis }),
    ...(reviewUntilMillis === undefined ? {} : { reviewUntilMillis }),
  };
}

function flat(detail: RecordDraft['detail'] = {}): Notice['facts'] {
  return Object.fromEntries(
    Object.entries(detail).flatMap(([name, value]): [string, string | number | boolean][] =>
      typeof value === 'object' ? [] : [[name, value]],
    ),
  );
}
