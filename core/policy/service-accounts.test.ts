import { expect } from 'chai';
import type { McpGatewayClusterPolicy } from '#crds/cluster-policy.ts';
import type { McpGatewayPolicySpec } from '#crds/policy.ts';
import { compilePolicies, compileWhole } from './compile.ts';
import type { CompiledPolicy } from './compiled.ts';
import { evaluate } from './evaluate.ts';
import type { GoverningPolicy } from './layer-document.ts';
import { ADA, allow, CORP, callTool, document, principalOf } from './policies.fixture.ts';

const RUNNER = { namespace: 'ci', name: 'runner' };
const NIGHTLY = { namespace: 'ci', name: 'nightly' };
const CLUSTER = { issuer: 'https://kubernetes.default.svc', keys: [{ kty: 'EC' }] };

function account({ namespace, name }: typeof RUNNER) {
  return principalOf({
    issuer: CLUSTER.issuer,
    issuerName: 'kubernetes',
    subject: `system:serviceaccount:${namespace}:${name}`,
  });
}

function accepting(...serviceAccounts: readonly (typeof RUNNER)[]): McpGatewayPolicySpec {
  return { identity: { issuers: [CORP], serviceAccounts: [...serviceAccounts] }, rules: [allow()] };
}

function compiled(...policies: readonly GoverningPolicy[]): CompiledPolicy {
  const result = compileWhole(policies);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.policy;
}

function effect(policy: CompiledPolicy, principal = account(RUNNER)): string {
  return evaluate(policy, principal, callTool('echo'), 'toServer').effect;
}

function baseline(identity: McpGatewayClusterPolicy['spec']['identity']): McpGatewayClusterPolicy {
  return {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayClusterPolicy',
    metadata: { name: 'all' },
    spec: identity === undefined ? {} : { identity },
  };
}

describe('ServiceAccounts of a policy', () => {
  it('are the ones that it lists, beside its issuers', () => {
    const policy = compiled(document(accepting(RUNNER)));

    expect(
      [account(RUNNER), account(NIGHTLY), ADA].map((one) => effect(policy, one)),
    ).to.deep.equal(['Allow', 'Deny', 'Allow']);
  });

  it('are nobody to another policy that does not list them', () => {
    const one = document(accepting(RUNNER, NIGHTLY), 'one');

    expect(effect(compiled(one, document(accepting(NIGHTLY), 'two')))).to.equal('Deny');
    expect(effect(compiled(one, document({ rules: [allow()] }, 'two')))).to.equal('Deny');
    expect(effect(compiled(one, document(accepting(RUNNER), 'two')))).to.equal('Allow');
  });

  it('are capped by a baseline that says whom it takes', () => {
    const policy = document(accepting(RUNNER));

    expect(effect(compiled(policy, baseline(undefined)))).to.equal('Allow');
    expect(effect(compiled(policy, baseline({ issuers: [CORP] })))).to.equal('Deny');
    expect(effect(compiled(policy, baseline({ serviceAccounts: [NIGHTLY] })))).to.equal('Deny');
    expect(effect(compiled(policy, baseline({ serviceAccounts: [RUNNER] })))).to.equal('Allow');
    expect(effect(compiled(policy, baseline({ serviceAccounts: [RUNNER] })), ADA)).to.equal(
      'Allow',
    );
  });

  it('are named by rules that say whose subjects they mean', () => {
    const spec = accepting(RUNNER);
    const named = (subjects: object) =>
      compileWhole([document({ ...spec, rules: [allow({ subjects })] })]);

    expect(named({ issuer: 'kubernetes', subjects: [account(RUNNER).subject] }).ok).to.equal(true);
    expect(named({ subjects: [account(RUNNER).subject] })).to.deep.include({
      problems: [
        {
          document: 0,
          path: 'spec.rules[0].subjects',
          message: 'must name its issuer, since spec.identity accepts more than one',
        },
      ],
    });
  });

  it('are enough for a policy: it needs no issuer then', () => {
    const spec = { identity: { serviceAccounts: [RUNNER] }, rules: [allow()] };

    expect(effect(compiled(document(spec)))).to.equal('Allow');
  });

  it('are verified by the keys of the cluster, for what the policies accept', () => {
    const corp = { ...CORP, audiences: ['payments'] };
    const spec = { identity: { issuers: [corp], serviceAccounts: [RUNNER] } };
    const trust = { cluster: CLUSTER };
    const result = compilePolicies([document(spec)], undefined, 'Cluster', trust);

    expect(result.ok && result.policy.serviceAccounts).to.deep.equal({
      ...CLUSTER,
      accounts: ['system:serviceaccount:ci:runner'],
      audiences: ['payments'],
    });
    const none = compilePolicies([document({})], undefined, 'Cluster', trust);
    expect(none.ok && none.policy.serviceAccounts).to.equal(undefined);
  });

  it('go by one name: the issuer of the cluster is no other issuer', () => {
    const own = { name: 'cluster', issuer: CLUSTER.issuer };
    const spec = { identity: { issuers: [own], serviceAccounts: [RUNNER] } };
    const result = compilePolicies([document(spec)], undefined, 'Cluster', { cluster: CLUSTER });

    expect(
      result.ok ? [] : result.problems.map(({ path, message }) => `${path} ${message}`),
    ).to.deep.equal([
      'spec.identity.issuers[0] is the issuer of the cluster, which has the name kubernetes: list its ServiceAccounts under serviceAccounts',
    ]);
  });

  it('never call with what proves a sidecar to the operator', () => {
    const issuers = [{ ...CORP, audiences: ['gatehouse.dev/operator'] }];
    const result = compileWhole([document({ identity: { issuers } })]);

    expect(result.ok ? [] : result.problems.map(({ path }) => path)).to.deep.equal([
      'spec.identity.issuers[0].audiences',
    ]);
  });
});
