import { expect } from 'chai';
import type { McpGatewayPolicySpec } from '#crds/policy.ts';
import { distinctSecrets, secretRefs } from './secret-refs.ts';

const spec: McpGatewayPolicySpec = {
  identity: {
    upstream: {
      mode: 'Static',
      static: { valueFrom: { secretRef: { name: 'backend', key: 'token' } } },
    },
  },
  notifications: [
    { name: 'shop', type: 'Slack', slack: { urlFrom: { env: 'SHOP' } } },
    {
      name: 'desk',
      type: 'Webhook',
      webhook: {
        url: 'https://desk.example',
        signingSecretFrom: { secretRef: { name: 'room', key: 'secret' } },
      },
    },
    {
      name: 'room',
      type: 'Slack',
      slack: { urlFrom: { secretRef: { name: 'room', key: 'url' } } },
    },
  ],
};

describe('secrets that policies name', () => {
  it('are found with the field that names each', () => {
    expect(secretRefs({ spec }).map(({ field }) => field)).to.deep.equal([
      'spec.identity.upstream.static.valueFrom.secretRef',
      'spec.notifications[1].webhook.signingSecretFrom.secretRef',
      'spec.notifications[2].slack.urlFrom.secretRef',
    ]);
  });

  it('are mounted once, in one order, whoever names them', () => {
    expect(distinctSecrets([{ spec }, { spec: {} }, { spec }])).to.deep.equal([
      { name: 'backend', key: 'token' },
      { name: 'room', key: 'secret' },
      { name: 'room', key: 'url' },
    ]);
  });
});
