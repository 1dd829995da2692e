import { expect } from 'chai';
import type { McpGatewayPolicy } from '#crds/policy.ts';
import { compileNotifications, receiversFor } from './notifications.ts';

const APPROVERS = { groups: ['finance'] };

function policy(name: string, spec: McpGatewayPolicy['spec']): McpGatewayPolicy {
  return {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayPolicy',
    metadata: { name },
    spec,
  };
}

const compiled = compileNotifications([
  policy('payments', {
    notifications: [
      {
        name: 'desk',
        type: 'Webhook',
        webhook: { url: 'https://desk.example/hook', signingSecretFrom: { env: 'DESK_SECRET' } },
      },
      { name: 'room', type: 'Slack', slack: { urlFrom: { file: '/run/room' } } },
      {
        name: 'security',
        type: 'Slack',
        slack: { urlFrom: { file: '/run/security' } },
        events: ['DenialBurst', 'SelfApprovalAttempt'],
      },
    ],
    approvals: [
      { name: 'finance', approvers: APPROVERS, notify: ['room'] },
      { name: 'anybody', approvers: APPROVERS },
    ],
    rules: [
      {
        name: 'refunds',
        effect: 'RequireApproval',
        match: { tools: ['refund'] },
        approval: 'finance',
      },
      { name: 'others', effect: 'RequireApproval', match: { tools: ['pay'] }, approval: 'anybody' },
    ],
  }),
  policy('baseline', {
    notifications: [{ name: 'audit', type: 'Slack', slack: { urlFrom: { file: '/run/audit' } } }],
  }),
]);

const told = (...args: [Parameters<typeof receiversFor>[1], string?]) =>
  receiversFor(compiled, ...args).map(({ id }) => id);

describe('who is told', () => {
  it('of an approval: those that its policy names', () => {
    expect(told('ApprovalRequested', 'payments/refunds')).to.deep.equal(['payments/room']);
  });

  it('of an approval that names nobody: all of its policy that want to know', () => {
    expect(told('ApprovalRequested', 'payments/others')).to.deep.equal([
      'payments/desk',
      'payments/room',
    ]);
  });

  it('of everything else: all that want to know', () => {
    expect(told('DenialBurst')).to.deep.equal([
      'payments/desk',
      'payments/room',
      'payments/security',
      'baseline/audit',
    ]);
    expect(told('Degraded')).to.not.include('payments/security');
  });
});
