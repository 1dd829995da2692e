import { expect } from 'chai';
import { validatePolicy } from './validate.ts';

type Fields = Record<string, unknown>;

function policy(spec: Fields = {}, rest: Fields = {}): Fields {
  return {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayPolicy',
    metadata: { name: 'payments' },
    spec,
    ...rest,
  };
}

function rule(fields: Fields = {}): Fields {
  return { name: 'read', effect: 'Allow', ...fields };
}

const CORP = { name: 'corp', issuer: 'https://idp.example.com' };
const LAB = { name: 'lab', issuer: 'https://lab.example.com' };
const FINANCE = { name: 'finance', approvers: { groups: ['finance'] } };

function lines(value: unknown): string[] {
  return validatePolicy(value).map(({ path, message }) => `${path}: ${message}`);
}

describe('validatePolicy', () => {
  it('takes the smallest policy', () => {
    expect(lines(policy())).to.deep.equal([]);
  });

  it('takes a policy with every part of the contract', () => {
    const spec = {
      selector: {
        matchLabels: { 'app.kubernetes.io/name': 'payments' },
        matchExpressions: [{ key: 'tier', operator: 'In', values: ['mcp'] }],
      },
      mode: 'Observe',
      observe: { mask: true },
      server: {
        port: 3000,
        path: '/mcp',
        transport: 'StreamableHTTP',
        capture: { mode: 'PortTakeover', portEnv: 'PORT', hostArg: '--host' },
        publicUrls: ['https://payments.example.com/mcp'],
        allowedHosts: ['payments.example.com', '127.0.0.1:8080', '[::1]:8080'],
        allowedOrigins: ['https://app.example.com'],
        tls: { secretName: 'payments-tls' },
      },
      identity: {
        issuers: [
          {
            ...CORP,
            audiences: ['https://payments.example.com/mcp'],
            algorithms: ['ES256'],
            jwksUri: 'https://idp.example.com/keys?v=1',
            clockSkewSeconds: 0,
            claims: { subject: 'sub', groups: 'realm_access.roles', person: 'email' },
            caBundleRef: { kind: 'ConfigMap', name: 'corp-ca' },
          },
          LAB,
        ],
        serviceAccounts: [{ namespace: 'ci', name: 'runner' }],
        approvalAudience: 'https://approvals.example.com',
        upstream: { mode: 'Static', static: { valueFrom: { file: '/run/key' } } },
      },
      rules: [
        rule({ match: { tools: ['get_*'] }, subjects: { issuer: 'corp', groups: ['eng'] } }),
        rule({ name: 'ci', subjects: { issuer: 'kubernetes' } }),
        rule({ name: 'pay', effect: 'RequireApproval', approval: 'finance', when: ['true'] }),
        rule({ name: 'no', effect: 'Deny', match: { methods: ['logging/*'] }, message: 'Never.' }),
      ],
      approvals: [
        {
          ...FINANCE,
          approvers: { issuer: 'corp', groups: ['finance'] },
          quorum: 2,
          pendingTtl: '24h',
          grantTtl: '10s',
          scope: 'Window',
          window: { ttl: '30m', maxUses: 10 },
          breakGlass: { issuer: 'corp', subjects: ['on-call'] },
          notify: ['room'],
        },
      ],
      masking: [{ name: 'pii', detectors: ['email'], action: 'Redact', direction: 'Both' }],
      tools: { pinning: 'Enforce', pins: [{ name: 'a', digest: `sha256:${'0'.repeat(64)}` }] },
      evidence: { record: 'Full', retentionDays: 30 },
      limits: { requestsPerMinute: 600, maxBodyBytes: 4_194_304, callSeconds: 60 },
      notifications: [
        {
          name: 'room',
          type: 'Slack',
          slack: { urlFrom: { secretRef: { name: 'slack', key: 'url' } } },
        },
      ],
    };

    expect(lines(policy(spec))).to.deep.equal([]);
  });

  it('takes a policy that was read back from a cluster', () => {
    const metadata = { name: 'payments', uid: 'u', resourceVersion: '1', managedFields: [{}] };

    expect(lines(policy({}, { metadata, status: { fromTheFuture: true } }))).to.deep.equal([]);
  });

  const shapes: { name: string; value: unknown; problems: string[] }[] = [
    { name: 'what is no object', value: [], problems: [': must be an object'] },
    {
      name: 'another kind of document, and only that',
      value: { apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 1 } },
      problems: ['apiVersion: must be gatehouse.dev/v1alpha1', 'kind: must be McpGatewayPolicy'],
    },
    {
      name: 'a missing field',
      value: policy({ rules: [{ name: 'read' }] }),
      problems: ['spec.rules[0].effect: is required'],
    },
    {
      name: 'an unknown word, listing the known ones',
      value: policy({ rules: [rule({ effect: 'allow' })] }),
      problems: ['spec.rules[0].effect: must be one of Allow, Deny, RequireApproval'],
    },
    {
      name: 'an unknown field, naming the one that was meant',
      value: policy({ rules: [rule({ subject: { groups: ['a'] } })] }),
      problems: ['spec.rules[0].subject: is not a known field; did you mean subjects?'],
    },
    {
      name: 'an unknown field, naming all where none was meant',
      value: policy({ evidence: { bucket: 'x' } }),
      problems: ['spec.evidence.bucket: is not a known field; known here: record, retentionDays'],
    },
    {
      name: 'an unknown field with the name of an inherited one',
      value: policy({ observe: JSON.parse('{"__proto__": {"mask": true}, "constructor": 1}') }),
      problems: [
        'spec.observe.__proto__: is not a known field; known here: mask',
        'spec.observe.constructor: is not a known field; known here: mask',
      ],
    },
    {
      name: 'a field without a value',
      value: policy({ rules: null }),
      problems: ['spec.rules: must be a list; nothing stands there'],
    },
    {
      name: 'text, numbers and booleans in the place of each other',
      value: policy({
        server: { port: '3000' },
        mode: true,
        limits: { maxDepth: 8.5 },
        rules: [rule({ reapproveOnInput: 'no' })],
      }),
      problems: [
        'spec.server.port: must be a whole number',
        'spec.mode: must be text',
        'spec.limits.maxDepth: must be a whole number',
        'spec.rules[0].reapproveOnInput: must be true or false',
      ],
    },
    {
      name: 'a number out of bounds',
      value: policy({ server: { port: 65_536 } }),
      problems: ['spec.server.port: must be from 1 to 65535'],
    },
    {
      name: 'text out of bounds, counted in characters',
      value: policy({
        rules: [
          rule({ effect: 'Deny', message: '😀'.repeat(513) }),
          rule({ name: 'b', effect: 'Deny', message: '😀'.repeat(512) }),
          rule({ name: 'c', match: { tools: [''] } }),
        ],
      }),
      problems: [
        'spec.rules[0].message: must have at most 512 characters',
        'spec.rules[2].match.tools[0]: must not be empty',
      ],
    },
    {
      name: 'text of another form, saying which',
      value: policy({ rules: [rule({ name: 'Read Only' })] }),
      problems: ['spec.rules[0].name: must be lower-case letters, digits and inner hyphens'],
    },
    ...[
      'https://a b',
      'ftp://a',
      'https://u:p@a',
      'https://a#b',
      'https://a:99999',
      'https://[::',
    ].map((issuer) => ({
      name: `${issuer} as a URL`,
      value: policy({ identity: { issuers: [{ name: 'corp', issuer }] } }),
      problems: [
        'spec.identity.issuers[0].issuer: must be an http or https URL without credentials, spaces or fragment',
      ],
    })),
    {
      name: 'an empty list or object, which reads as all and as none',
      value: policy({ rules: [rule({ match: {}, subjects: { groups: [] } })] }),
      problems: [
        'spec.rules[0].match: must not be empty; leave the field out instead',
        'spec.rules[0].subjects.groups: must not be empty; leave the field out instead',
      ],
    },
    {
      name: 'too many entries, without looking at them',
      value: policy({ rules: Array.from({ length: 129 }, () => ({})) }),
      problems: ['spec.rules: must have at most 128 entries'],
    },
    {
      name: 'too many keys of a map, and values of another form',
      value: policy(
        {},
        {
          metadata: {
            name: 'a',
            labels: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`k${i}`, ''])),
            annotations: { 'a.b/c': 1 },
          },
        },
      ),
      problems: [
        'metadata.labels: must have at most 256 entries',
        'metadata.annotations["a.b/c"]: must be text',
      ],
    },
    {
      name: 'names that repeat',
      value: policy({ rules: [rule(), rule({ effect: 'Deny' })] }),
      problems: ['spec.rules[1].name: repeats the name of spec.rules[0]'],
    },
    {
      name: 'pairs that repeat, but not halves of them',
      value: policy({
        identity: {
          serviceAccounts: [
            { namespace: 'a', name: 'x' },
            { namespace: 'b', name: 'x' },
            { namespace: 'a', name: 'x' },
          ],
        },
      }),
      problems: [
        'spec.identity.serviceAccounts[2].name: repeats the namespace and name of spec.identity.serviceAccounts[0]',
      ],
    },
    {
      name: 'entries of a set that repeat',
      value: policy({ rules: [rule({ match: { tools: ['a', 'b', 'a'] } })] }),
      problems: ['spec.rules[0].match.tools[2]: repeats spec.rules[0].match.tools[0]'],
    },
  ];
  for (const { name, value, problems } of shapes) {
    it(`refuses ${name}`, () => {
      expect(lines(value)).to.deep.equal(problems);
    });
  }

  it('names a hundred problems and no more', () => {
    const unknown = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, i) => [`zzzzzz${i}`, 1]),
    );

    expect(lines(policy(unknown))).to.have.length(100);
  });

  it('repeats no value', () => {
    const secret = 'hunter2 hunter2';
    const value = policy({
      mode: secret,
      server: { path: secret },
      identity: { upstream: { mode: 'Static', static: { valueFrom: { env: secret } } } },
      rules: [rule({ name: secret, when: secret })],
    });

    expect(lines(value)).to.have.length(5);
    expect(lines(value).join()).not.to.include('hunter2');
  });
});
