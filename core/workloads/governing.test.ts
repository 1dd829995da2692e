import { expect } from 'chai';
import type { McpGatewayClusterPolicy } from '#crds/cluster-policy.ts';
import type { McpGatewayPolicy, McpGatewayPolicySpec } from '#crds/policy.ts';
import { governsByName, governsNamespace, governsWorkload } from './governing.ts';
import type { Subject } from './workload.ts';

const PAY: Subject = {
  workload: { kind: 'Deployment', name: 'pay' },
  labels: { app: 'pay', tier: 'web' },
};

function policy(spec: McpGatewayPolicySpec): McpGatewayPolicy {
  return {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayPolicy',
    metadata: { name: 'p' },
    spec,
  };
}

function baseline(spec: McpGatewayClusterPolicy['spec']): McpGatewayClusterPolicy {
  return {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayClusterPolicy',
    metadata: { name: 'p' },
    spec,
  };
}

const expression = (
  key: string,
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist',
  values?: string[],
) => ({
  selector: { matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values }) }] },
});

describe('a policy that speaks of a workload in particular', () => {
  const cases: { name: string; spec: McpGatewayPolicySpec; is: boolean }[] = [
    { name: 'selects it by labels', spec: { selector: { matchLabels: { app: 'pay' } } }, is: true },
    {
      name: 'names it',
      spec: { targetRefs: [{ group: 'apps', kind: 'Deployment', name: 'pay' }] },
      is: true,
    },
    {
      name: 'does not name another',
      spec: { targetRefs: [{ group: 'apps', kind: 'Deployment', name: 'x' }] },
      is: false,
    },
    { name: 'does not select the whole namespace', spec: {}, is: false },
    { name: 'nor by what is absent', spec: expression('x', 'DoesNotExist'), is: false },
  ];
  for (const { name, spec, is } of cases) {
    it(name, () => {
      expect(governsByName(policy(spec), PAY)).to.equal(is);
    });
  }
});

describe('a policy of the namespace', () => {
  const cases: { name: string; spec: McpGatewayPolicySpec; governs: boolean }[] = [
    { name: 'without selector governs all', spec: {}, governs: true },
    { name: 'with an empty selector governs all', spec: { selector: {} }, governs: true },
    {
      name: 'governs by labels',
      spec: { selector: { matchLabels: { app: 'pay' } } },
      governs: true,
    },
    {
      name: 'wants all labels',
      spec: { selector: { matchLabels: { app: 'pay', tier: 'db' } } },
      governs: false,
    },
    { name: 'knows In', spec: expression('tier', 'In', ['db', 'web']), governs: true },
    { name: 'wants a label for In', spec: expression('x', 'In', ['db']), governs: false },
    { name: 'knows NotIn', spec: expression('tier', 'NotIn', ['web']), governs: false },
    { name: 'takes no label for NotIn', spec: expression('x', 'NotIn', ['web']), governs: true },
    { name: 'knows Exists', spec: expression('tier', 'Exists'), governs: true },
    { name: 'knows DoesNotExist', spec: expression('tier', 'DoesNotExist'), governs: false },
    {
      name: 'sees no inherited names',
      spec: expression('constructor', 'Exists'),
      governs: false,
    },
    {
      name: 'governs by name',
      spec: { targetRefs: [{ group: 'apps', kind: 'Deployment', name: 'pay' }] },
      governs: true,
    },
    {
      name: 'minds the kind',
      spec: { targetRefs: [{ group: 'apps', kind: 'StatefulSet', name: 'pay' }] },
      governs: false,
    },
  ];
  for (const { name, spec, governs } of cases) {
    it(name, () => {
      expect(governsWorkload(policy(spec), PAY)).to.equal(governs);
    });
  }

  it('that names a CronJob governs its Jobs', () => {
    const nightly = policy({ targetRefs: [{ group: 'batch', kind: 'CronJob', name: 'nightly' }] });
    const jobs = ['nightly-29', 'nightly', 'nightly-x', 'other-29'].map((name) =>
      governsWorkload(nightly, { workload: { kind: 'Job', name }, labels: {} }),
    );

    expect(jobs).to.deep.equal([true, false, false, false]);
  });
});

describe('a baseline', () => {
  it('governs every namespace without a selector, and those it selects with one', () => {
    const finance = baseline({ namespaceSelector: { matchLabels: { team: 'finance' } } });

    expect(governsNamespace(baseline({}), {})).to.equal(true);
    expect(governsNamespace(finance, { team: 'finance' })).to.equal(true);
    expect(governsNamespace(finance, { team: 'ops' })).to.equal(false);
  });
});
