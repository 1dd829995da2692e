// Who is told when a call waits or something is wrong. Nothing is decided through these.

import { Type } from 'typebox';
import { choice, object, onlyWith, set } from '../schema.ts';
import { entryName, url, valueFrom } from './common.ts';

export const NotificationSchema = object(
  {
    name: entryName('Name of this entry: what `approvals[].notify` says. Unique in the policy.'),
    type: choice(['Webhook', 'Slack'], {
      doc: 'Webhook: a signed POST (Standard Webhooks). Slack: an incoming webhook, with a link to the console.',
    }),
    webhook: Type.Optional(
      object(
        {
          url: url('Where to POST. Addresses inside the cluster and link-local ones are refused.'),
          signingSecretFrom: valueFrom('Where the signing secret comes from.'),
        },
        { doc: 'With type Webhook.' },
      ),
    ),
    slack: Type.Optional(
      object(
        {
          urlFrom: valueFrom('Where the URL of the incoming webhook, itself a secret, comes from.'),
        },
        { doc: 'With type Slack.' },
      ),
    ),
    events: Type.Optional(
      set(
        choice(
          [
            'ApprovalRequested',
            'ApprovalDecided',
            'ApprovalExpired',
            'BreakGlass',
            'ReviewOverdue',
            'SelfApprovalAttempt',
            'DenialBurst',
            'UnexpectedApproval',
            'MaskingFailed',
            'Degraded',
          ],
          { doc: 'An event.' },
        ),
        { doc: 'Events to tell of. Absent: all.', maxItems: 16 },
      ),
    ),
  },
  {
    doc: 'One receiver.',
    checks: [onlyWith('type', 'Webhook', 'webhook'), onlyWith('type', 'Slack', 'slack')],
  },
);
