import { expect } from 'chai';
import { LIMITS } from '#crds/defaults.ts';
import type { McpGatewayPolicySpec } from '#crds/policy.ts';
import { compilePolicies } from './compile.ts';
import { CORP, document } from './policies.fixture.ts';

function compile(...specs: readonly McpGatewayPolicySpec[]) {
  return compilePolicies(
    specs.map((spec, at) => document(spec, `p${at}`)),
    'digest',
  );
}

function policy(...specs: readonly McpGatewayPolicySpec[]) {
  const compiled = compile(...specs);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.policy;
}

function problems(...specs: readonly McpGatewayPolicySpec[]): string[] {
  const compiled = compile(...specs);
  return compiled.ok
    ? []
    : compiled.problems.map(({ document: at, path, message }) => `${at} ${path}: ${message}`);
}

const LAB = { name: 'lab', issuer: 'https://lab.example' };

describe('the settings of several policies', () => {
  it('have defaults', () => {
    expect(policy({})).to.deep.include({
      mode: 'Enforce',
      record: 'Metadata',
      issuers: [CORP],
      limits: { ...LIMITS },
      server: { path: '/mcp', publicUrls: [], allowedHosts: [], allowedOrigins: [] },
      upstream: { mode: 'GatehouseToken' },
      digest: 'digest',
    });
  });

  it('observe only when every policy says so', () => {
    expect(policy({ mode: 'Observe' }).mode).to.equal('Observe');
    expect(policy({ mode: 'Observe' }, { mode: 'Observe' }).mode).to.equal('Observe');
    expect(policy({ mode: 'Observe' }, {}).mode).to.equal('Enforce');
    expect(policy({ mode: 'Observe' }, { mode: 'Enforce' }).mode).to.equal('Enforce');
  });

  it('record in full when any policy says so', () => {
    const full = { evidence: { record: 'Full' } } as const;

    expect(policy(full).record).to.equal('Full');
    expect(policy({}, full).record).to.equal('Full');
    expect(policy({ evidence: { record: 'Metadata' } }, full).record).to.equal('Full');
    expect(policy({ evidence: { record: 'Metadata' } }, {}).record).to.equal('Metadata');
  });

  it('take the least of each limit', () => {
    const { limits } = policy(
      { limits: { requestsPerMinute: 10, maxBodyBytes: 2048, streamIdleSeconds: 60 } },
      { limits: { requestsPerMinute: 20, maxBodyBytes: 1024, maxDepth: 500 } },
    );

    expect(limits).to.deep.equal({
      ...LIMITS,
      requestsPerMinute: 10,
      maxBodyBytes: 1024,
      streamIdleSeconds: 60,
      maxDepth: 500,
    });
  });

  it('join their issuers', () => {
    const { issuers, layers } = policy({}, { identity: { issuers: [CORP, LAB] } });

    expect(issuers).to.deep.equal([CORP, LAB]);
    expect(layers.map(({ issuerNames }) => [...(issuerNames ?? [])])).to.deep.equal([
      ['corp'],
      ['corp', 'lab'],
    ]);
  });

  it('take an issuer with its fields in another order for the same', () => {
    const { name, issuer } = CORP;

    expect(policy({}, { identity: { issuers: [{ issuer, name }] } }).issuers).to.have.length(1);
  });

  it('refuse an issuer that is configured in two ways', () => {
    const other = { ...CORP, audiences: ['https://other.example'] };

    expect(problems({}, { identity: { issuers: [other] } })).to.deep.equal([
      '1 spec.identity.issuers[0]: must be configured as the other issuer corp: policies share issuers',
    ]);
  });

  it('allow the hosts and origins that every list allows', () => {
    const { server } = policy(
      { server: { allowedHosts: ['a', 'b'], allowedOrigins: ['https://a'] } },
      { server: { allowedHosts: ['b', 'c'] } },
      {},
    );

    expect(server.allowedHosts).to.deep.equal(['b']);
    expect(server.allowedOrigins).to.deep.equal(['https://a']);
  });

  const disagreements: [field: string, one: McpGatewayPolicySpec, other: McpGatewayPolicySpec][] = [
    ['server.path', { server: { path: '/a' } }, { server: { path: '/b' } }],
    [
      'server.publicUrls',
      { server: { publicUrls: ['https://a/mcp'] } },
      { server: { publicUrls: ['https://b/mcp'] } },
    ],
    [
      'identity.upstream',
      { identity: { issuers: [CORP], upstream: { mode: 'None' } } },
      { identity: { issuers: [CORP], upstream: { mode: 'GatehouseToken' } } },
    ],
  ];
  for (const [field, one, other] of disagreements) {
    it(`refuse two values of ${field}, and take one from either`, () => {
      expect(problems(one, other)).to.deep.equal([
        `1 spec.${field}: must be as in policy p0: it is of the server, which has one`,
      ]);
      expect(policy(one, {})).to.deep.include({ server: policy(one).server });
      expect(policy({}, one)).to.deep.include({ upstream: policy(one).upstream });
    });
  }

  const file = { file: '/run/key' };
  const credentials: [name: string, spec: McpGatewayPolicySpec, upstream: object][] = [
    [
      'of a file',
      { identity: { issuers: [CORP], upstream: { mode: 'Static', static: { valueFrom: file } } } },
      { mode: 'Static', header: 'Authorization', from: { kind: 'file', path: '/run/key' } },
    ],
    [
      'of the environment, in a header of its own',
      {
        identity: {
          issuers: [CORP],
          upstream: { mode: 'Static', static: { header: 'X-Key', valueFrom: { env: 'KEY' } } },
        },
      },
      { mode: 'Static', header: 'X-Key', from: { kind: 'env', name: 'KEY' } },
    ],
    ['none', { identity: { issuers: [CORP], upstream: { mode: 'None' } } }, { mode: 'None' }],
  ];
  for (const [name, spec, upstream] of credentials) {
    it(`read a credential for the server: ${name}`, () => {
      expect(policy(spec).upstream).to.deep.equal(upstream);
    });
  }
});
