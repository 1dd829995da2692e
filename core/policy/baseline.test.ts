import { expect } from 'chai';
import type { McpGatewayClusterPolicy } from '#crds/cluster-policy.ts';
import type { McpGatewayPolicySpec } from '#crds/policy.ts';
import { compileWhole } from './compile.ts';
import type { CompiledPolicy } from './compiled.ts';
import { evaluate } from './evaluate.ts';
import type { GoverningPolicy } from './layer-document.ts';
import { ADA, allow, callTool, deny, document, principalOf } from './policies.fixture.ts';
import { isVisible } from './visible.ts';

function baseline(spec: McpGatewayClusterPolicy['spec'], name = 'pci'): McpGatewayClusterPolicy {
  return {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayClusterPolicy',
    metadata: { name },
    spec,
  };
}

function compiled(...policies: readonly GoverningPolicy[]): CompiledPolicy {
  const result = compileWhole(policies);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.policy;
}

function decided(policy: CompiledPolicy, tool: string): string {
  const { effect, rule } = evaluate(policy, ADA, callTool(tool), 'toServer');
  return [effect, rule].filter((part) => part !== undefined).join(' ');
}

const TOOLS: McpGatewayPolicySpec = { rules: [allow()] };
const NO_REFUNDS = baseline({ rules: [deny({ match: { tools: ['refund'] } })] });
const ONLY_READ = baseline({ rules: [allow({ name: 'read', match: { tools: ['get_*'] } })] });

describe('a baseline of the cluster', () => {
  it('denies what a namespace allows, under a name no namespace can take', () => {
    const policy = compiled(document(TOOLS), NO_REFUNDS);

    expect(decided(policy, 'refund')).to.equal('Deny cluster:pci/deny');
    expect(isVisible(policy, ADA, { kind: 'tool', name: 'refund' })).to.equal(false);
  });

  it('leaves what it does not name to the namespace', () => {
    const policy = compiled(document(TOOLS), NO_REFUNDS);

    expect(decided(policy, 'get_order')).to.equal('Allow payments/allow');
    expect(isVisible(policy, ADA, { kind: 'tool', name: 'get_order' })).to.equal(true);
  });

  it('with an Allow rule caps what a namespace allows', () => {
    const policy = compiled(document(TOOLS), ONLY_READ);

    expect(decided(policy, 'get_order')).to.match(/^Allow/);
    expect(decided(policy, 'refund')).to.equal('Deny');
    expect(isVisible(policy, ADA, { kind: 'tool', name: 'refund' })).to.equal(false);
  });

  it('grants nothing that the namespace does not', () => {
    const policy = compiled(document({ rules: [] }), ONLY_READ);

    expect(decided(policy, 'get_order')).to.equal('Deny');
  });

  it('alone allows nothing by saying nothing', () => {
    const policy = compiled(NO_REFUNDS);

    expect(decided(policy, 'get_order')).to.equal('Deny');
    expect(isVisible(policy, ADA, { kind: 'tool', name: 'get_order' })).to.equal(false);
  });

  it('of the same name as a policy is another one', () => {
    const policy = compiled(document(TOOLS, 'pci'), NO_REFUNDS);

    expect(policy.layers.map(({ name }) => name)).to.deep.equal(['cluster:pci', 'pci']);
  });

  it('takes the principals of the namespace, unless it lists issuers of its own', () => {
    const lab = { name: 'lab', issuer: 'https://lab.example' };
    const listing = baseline({ identity: { issuers: [lab] }, rules: [] });
    const both = document({
      ...TOOLS,
      identity: { issuers: [{ name: 'corp', issuer: 'https://idp.example' }, lab] },
    });
    const policy = compiled(both, listing);

    expect(decided(policy, 'get_order')).to.equal('Deny');
    const other = principalOf({ issuer: lab.issuer, issuerName: 'lab' });
    expect(evaluate(policy, other, callTool('get_order'), 'toServer').effect).to.equal('Allow');
  });

  it('may name an issuer that only the namespace lists', () => {
    const policy = compiled(
      document(TOOLS),
      baseline({ rules: [deny({ subjects: { issuer: 'corp', subjects: ['ada'] } })] }),
    );

    expect(decided(policy, 'get_order')).to.equal('Deny cluster:pci/deny');
  });

  const modes: { name: string; policies: readonly GoverningPolicy[]; mode: string }[] = [
    {
      name: 'lets a namespace observe',
      policies: [document({ ...TOOLS, mode: 'Observe' }), NO_REFUNDS],
      mode: 'Observe',
    },
    {
      name: 'forbids observing',
      policies: [document({ ...TOOLS, mode: 'Observe' }), baseline({ mode: 'Enforce' })],
      mode: 'Enforce',
    },
    { name: 'alone enforces', policies: [NO_REFUNDS], mode: 'Enforce' },
  ];
  for (const { name, policies, mode } of modes) {
    it(name, () => {
      expect(compiled(...policies).mode).to.equal(mode);
    });
  }

  it('tightens limits and recording', () => {
    const policy = compiled(
      document({ ...TOOLS, limits: { callSeconds: 600 } }),
      baseline({ limits: { callSeconds: 60 }, evidence: { record: 'Full' } }),
    );

    expect([policy.limits.callSeconds, policy.record]).to.deep.equal([60, 'Full']);
  });
});
