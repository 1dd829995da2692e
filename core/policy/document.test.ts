import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { McpGatewayClusterPolicy } from '#crds/cluster-policy.ts';
import { buildDocument, documentText, isRenewalDue } from './document.ts';
import { document as policyDocument } from './policies.fixture.ts';
import { documentProblem, isExpired, readDocument, readFloor } from './read-document.ts';

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const NOW = Date.parse('2026-05-01T12:00:00Z');
const HOUR = 3_600_000;

const BASELINE: McpGatewayClusterPolicy = {
  apiVersion: 'gatehouse.dev/v1alpha1',
  kind: 'McpGatewayClusterPolicy',
  metadata: { name: 'pci' },
  spec: { rules: [{ name: 'no-refunds', effect: 'Deny', match: { tools: ['refund'] } }] },
};

const PARTS = {
  key: 'deployment-pay-0123456789',
  namespace: 'payments',
  workload: { kind: 'Deployment', name: 'pay' },
  sources: [
    { kind: 'McpGatewayPolicy', namespace: 'payments', name: 'payments', uid: 'u', generation: 3 },
  ],
  policies: [policyDocument({}), BASELINE],
};

const BUILT = buildDocument(PARTS, 0, NOW, hash);
const EXPECTED = { key: PARTS.key, namespace: 'payments', nowMillis: NOW, leastGeneration: 0 };

function parsed(change: (value: Record<string, unknown>) => void = () => {}): unknown {
  const value = JSON.parse(documentText(BUILT));
  change(value);
  return value;
}

describe('an effective policy', () => {
  it('is read back as it was built', () => {
    expect(readDocument(parsed(), hash)).to.deep.equal({ ok: true, document: BUILT });
  });

  it('says the same for the same policies, in any order and with what the API server adds', () => {
    const stored = { ...BASELINE, metadata: { name: 'pci', labels: { a: 'b' } }, status: {} };

    const other = buildDocument({ ...PARTS, policies: [stored, policyDocument({})] }, 0, NOW, hash);

    expect(documentText(other)).to.equal(documentText(BUILT));
  });

  it('says another thing with other trust, which is read back and bounded', () => {
    const cluster = { issuer: 'https://kubernetes.default.svc', keys: [{ kty: 'EC', x: 'a' }] };
    const trust = { cluster, bundles: { 'payments/corp': 'PEM' } };
    const built = buildDocument({ ...PARTS, trust }, 0, NOW, hash);
    const rotated = { ...trust, cluster: { ...cluster, keys: [{ kty: 'EC', x: 'b' }] } };

    expect(readDocument(JSON.parse(documentText(built)), hash)).to.deep.equal({
      ok: true,
      document: built,
    });
    expect(built.digest).not.to.equal(BUILT.digest);
    expect(buildDocument({ ...PARTS, trust: rotated }, 0, NOW, hash).digest).not.to.equal(
      built.digest,
    );
    expect(
      readDocument({ ...JSON.parse(documentText(built)), trust: rotated }, hash),
    ).to.deep.equal({ ok: false, problem: 'digest: is not that of the policies' });
  });

  for (const [what, trust, field] of [
    ['text for trust', 'x', 'trust'],
    ['a cluster without an issuer', { cluster: { keys: [] } }, 'trust.cluster'],
    ['a key that is none', { cluster: { issuer: 'a', keys: ['x'] } }, 'trust.cluster'],
    [
      'more keys than a cluster has',
      { cluster: { issuer: 'a', keys: Array(17).fill({}) } },
      'trust.cluster',
    ],
    ['a list of bundles', { bundles: ['x'] }, 'trust.bundles'],
    ['a bundle beyond its bound', { bundles: { a: 'x'.repeat(65_537) } }, 'trust.bundles'],
  ] as const) {
    it(`is refused with ${what}`, () => {
      const read = readDocument(
        parsed((value) => {
          value.trust = trust;
        }),
        hash,
      );

      expect(read.ok ? '' : read.problem).to.match(new RegExp(`^${field}: `));
    });
  }

  it('is always newer than the one before, even when the clock went back', () => {
    expect(BUILT.generation).to.equal(NOW);
    expect(buildDocument(PARTS, NOW + 5, NOW, hash).generation).to.equal(NOW + 6);
  });

  it('is renewed at half its life', () => {
    expect(isRenewalDue(BUILT, NOW + 11 * HOUR)).to.equal(false);
    expect(isRenewalDue(BUILT, NOW + 13 * HOUR)).to.equal(true);
  });

  it('may say that nothing is allowed: no policies', () => {
    const none = buildDocument({ ...PARTS, sources: [], policies: [] }, 0, NOW, hash);

    expect(readDocument(JSON.parse(documentText(none)), hash).ok).to.equal(true);
  });

  const forged: { name: string; change: (value: Record<string, unknown>) => void; says: string }[] =
    [
      { name: 'another schema', change: (v) => (v.schema = 2), says: 'schema' },
      { name: 'no key', change: (v) => delete v.key, says: 'key' },
      { name: 'no namespace', change: (v) => (v.namespace = 1), says: 'namespace' },
      { name: 'no workload', change: (v) => (v.workload = 'pay'), says: 'workload' },
      { name: 'a broken generation', change: (v) => (v.generation = 1.5), says: 'generation' },
      { name: 'a broken instant', change: (v) => (v.notAfter = 'tomorrow'), says: 'notAfter' },
      {
        name: 'an instant that is none',
        change: (v) => (v.notBefore = '2026-99-01T00:00:00Z'),
        says: 'notBefore',
      },
      { name: 'broken sources', change: (v) => (v.sources = [{ name: 'x' }]), says: 'sources' },
      { name: 'no list of policies', change: (v) => (v.policies = {}), says: 'policies' },
      {
        name: 'too many policies',
        change: (v) => (v.policies = Array(65).fill(BASELINE)),
        says: 'more than 64',
      },
      {
        name: 'an invalid policy',
        change: (v) => (v.policies = [{ ...BASELINE, spec: { rule: [] } }]),
        says: 'policies[0].spec.rule',
      },
      { name: 'a broken digest', change: (v) => (v.digest = 'x'), says: 'SHA-256' },
      {
        name: 'other policies than its digest says',
        change: (v) => (v.policies = [BASELINE]),
        says: 'not that of the policies',
      },
    ];
  for (const { name, change, says } of forged) {
    it(`is refused with ${name}`, () => {
      const read = readDocument(parsed(change), hash);

      expect(read.ok ? '' : read.problem).to.include(says);
    });
  }

  it('is refused when it is no object', () => {
    expect(readDocument([], hash).ok).to.equal(false);
  });

  const judged: { name: string; expected: Partial<typeof EXPECTED>; says: string }[] = [
    { name: 'of another workload', expected: { key: 'deployment-pay-x' }, says: 'key' },
    { name: 'of another namespace', expected: { namespace: 'ops' }, says: 'key' },
    { name: 'before its time', expected: { nowMillis: NOW - HOUR }, says: 'notBefore' },
    { name: 'after its time', expected: { nowMillis: NOW + 24 * HOUR }, says: 'notAfter' },
    { name: 'below the floor', expected: { leastGeneration: NOW + 1 }, says: 'generation' },
  ];
  for (const { name, expected, says } of judged) {
    it(`is not taken ${name}`, () => {
      expect(documentProblem(BUILT, { ...EXPECTED, ...expected })).to.include(says);
    });
  }

  it('is taken in its time, also by a node whose clock is a little behind', () => {
    expect(documentProblem(BUILT, EXPECTED)).to.equal(undefined);
    expect(documentProblem(BUILT, { ...EXPECTED, nowMillis: NOW - 30_000 })).to.equal(undefined);
    expect(isExpired(BUILT, NOW)).to.equal(false);
  });
});

describe('a generation floor', () => {
  it('is read, or is none', () => {
    expect(readFloor({ key: 'a', generation: 5 })).to.deep.equal({ key: 'a', generation: 5 });
    for (const value of [
      undefined,
      'a',
      { key: 'a' },
      { generation: 5 },
      { key: 'a', generation: -1 },
    ]) {
      expect(readFloor(value)).to.equal(undefined);
    }
  });
});
