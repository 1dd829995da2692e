import { expect } from 'chai';
import type { McpGatewayPolicy, McpGatewayPolicySpec } from '#crds/policy.ts';
import { validatePolicy } from '#crds/validate.ts';
import { findUnimplemented } from './unimplemented.ts';

function policy(spec: McpGatewayPolicySpec): McpGatewayPolicy {
  return {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayPolicy',
    metadata: { name: 'payments' },
    spec,
  };
}

const CORP = { name: 'corp', issuer: 'https://idp.example.com' };
const FINANCE = { name: 'finance', approvers: { groups: ['finance'] } };

/** Valid policies, and the fields of each that this build refuses. */
const cases: { name: string; spec: McpGatewayPolicySpec; fields: string[] }[] = [
  {
    name: 'what is carried out',
    spec: {
      mode: 'Enforce',
      server: {
        port: 3000,
        path: '/mcp',
        transport: 'StreamableHTTP',
        publicUrls: ['https://payments.example.com/mcp'],
        allowedHosts: ['payments.example.com'],
        allowedOrigins: ['https://app.example.com'],
      },
      identity: {
        issuers: [CORP],
        approvalAudience: 'approvals',
        upstream: { mode: 'Static', static: { valueFrom: { env: 'KEY' } } },
      },
      rules: [
        { name: 'read', effect: 'Allow', when: ['true'] },
        { name: 'pay', effect: 'RequireApproval', approval: 'finance', reapproveOnInput: false },
      ],
      approvals: [FINANCE],
      limits: { requestsPerMinute: 1 },
      tools: { pinning: 'Enforce', pins: [{ name: 'a', digest: `sha256:${'0'.repeat(64)}` }] },
    },
    fields: [],
  },
  {
    name: 'what only a cluster heeds',
    spec: { selector: {}, server: { capture: { mode: 'Auto' } } },
    fields: [],
  },
  {
    name: 'targets, which only a cluster heeds',
    spec: { targetRefs: [{ group: 'apps', kind: 'Deployment', name: 'a' }] },
    fields: [],
  },
  {
    name: 'masking, observing, and values that ask for nothing',
    spec: {
      mode: 'Observe',
      observe: { mask: true },
      masking: [{ name: 'pii', detectors: ['email'], action: 'Redact' }],
      evidence: { record: 'Full', retentionDays: 400 },
    },
    fields: [],
  },
  {
    name: 'another transport',
    spec: { server: { transport: 'HTTPWithSSE' } },
    fields: ['spec.server.transport'],
  },
  {
    name: 'a chosen capture',
    spec: { server: { capture: { mode: 'Redirect' } } },
    fields: ['spec.server.capture.mode'],
  },
  { name: 'TLS', spec: { server: { tls: { secretName: 'a' } } }, fields: ['spec.server.tls'] },
  {
    name: 'a certificate authority of one issuer',
    spec: {
      identity: {
        issuers: [
          CORP,
          {
            name: 'lab',
            issuer: 'https://lab.example.com',
            caBundleRef: { kind: 'Secret', name: 'a' },
          },
        ],
      },
    },
    fields: ['spec.identity.issuers[1].caBundleRef.kind'],
  },
  {
    name: 'ServiceAccounts',
    spec: { identity: { serviceAccounts: [{ namespace: 'ci', name: 'runner' }] } },
    fields: ['spec.identity.serviceAccounts'],
  },
  {
    name: 'token exchange',
    spec: {
      identity: {
        upstream: {
          mode: 'Exchange',
          exchange: {
            tokenEndpoint: 'https://idp.example.com/token',
            clientId: 'gatehouse',
            clientSecretFrom: { env: 'SECRET' },
          },
        },
      },
    },
    fields: ['spec.identity.upstream.mode'],
  },
  {
    name: 'the token of the client for the server',
    spec: { identity: { upstream: { mode: 'SameAudience' } } },
    fields: ['spec.identity.upstream.mode'],
  },
  {
    name: 'a credential from a Secret',
    spec: {
      identity: {
        upstream: {
          mode: 'Static',
          static: { valueFrom: { secretRef: { name: 'a', key: 'b' } } },
        },
      },
    },
    fields: ['spec.identity.upstream.static.valueFrom.secretRef'],
  },
  {
    name: 'the end of evidence',
    spec: { evidence: { retentionDays: 30 } },
    fields: ['spec.evidence.retentionDays'],
  },
  {
    name: 'secrets of receivers from a Secret',
    spec: {
      notifications: [
        { name: 'room', type: 'Slack', slack: { urlFrom: { secretRef: { name: 'a', key: 'b' } } } },
      ],
    },
    fields: ['spec.notifications[0].slack.urlFrom.secretRef'],
  },
];

describe('fields that nothing carries out yet', () => {
  for (const { name, spec, fields } of cases) {
    it(`${fields.length === 0 ? 'do not include' : 'include'} ${name}`, () => {
      // Only a valid policy gets this far, so a field of the table that was renamed is found here.
      expect(validatePolicy(policy(spec))).to.deep.equal([]);
      expect(findUnimplemented(policy(spec)).map(({ path }) => path)).to.deep.equal(fields);
    });
  }

  const ofClusters: { name: string; spec: McpGatewayPolicySpec; fields: string[] }[] = [
    {
      name: 'TLS, capture and Secrets',
      spec: {
        server: { tls: { secretName: 'a' }, capture: { mode: 'Redirect' } },
        identity: {
          upstream: {
            mode: 'Static',
            static: { valueFrom: { secretRef: { name: 'a', key: 'b' } } },
          },
        },
        notifications: [
          {
            name: 'room',
            type: 'Slack',
            slack: { urlFrom: { secretRef: { name: 'a', key: 'b' } } },
          },
        ],
      },
      fields: [],
    },
    {
      name: "files and variables, which are the sidecar's own",
      spec: {
        identity: {
          upstream: {
            mode: 'Static',
            static: { valueFrom: { file: '/etc/gatehouse/runtime/redis-url' } },
          },
        },
        notifications: [{ name: 'room', type: 'Slack', slack: { urlFrom: { env: 'A' } } }],
      },
      fields: [
        'spec.identity.upstream.static.valueFrom.file',
        'spec.notifications[0].slack.urlFrom.env',
      ],
    },
  ];
  for (const { name, spec, fields } of ofClusters) {
    it(`in a cluster, ${fields.length === 0 ? 'do not include' : 'include'} ${name}`, () => {
      expect(validatePolicy(policy(spec))).to.deep.equal([]);
      expect(findUnimplemented(policy(spec), 'Cluster').map(({ path }) => path)).to.deep.equal(
        fields,
      );
    });
  }

  it('are refused in words that name what is missing', () => {
    const [problem] = findUnimplemented(policy({ evidence: { retentionDays: 30 } }));

    expect(problem?.message).to.equal(
      'has a value that is not carried out by this build yet: removal of old evidence',
    );
  });
});
