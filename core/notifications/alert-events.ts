// What is an alert, and no mere news: recorded as one, with the record that gave reason for it, and counted.

import type { NotificationEvent } from '#crds/policy.ts';

export const ALERT_EVENTS = [
  'BreakGlass',
  'ReviewOverdue',
  'SelfApprovalAttempt',
  'DenialBurst',
  'UnexpectedApproval',
  'MaskingFailed',
] as const satisfies readonly NotificationEvent[];
