import { expect } from 'chai';
import type { McpGatewayPolicySpec } from '#crds/policy.ts';
import type { PodItem, PolicyItem, ServiceItem } from '../world/objects.ts';
import { type NamespaceFacts, targetsOf } from './targets.ts';

const NAMESPACE = { key: 'shop', labels: {}, isTerminating: false };

function pod(name: string, more: Partial<PodItem> = {}): PodItem {
  return {
    key: `shop/${name}`,
    ...{ namespace: 'shop', name, uid: name },
    subject: { workload: { kind: 'Deployment', name: 'pay' }, labels: { app: 'pay' } },
    ...{ workloadKey: undefined, inject: undefined, injectedVersion: undefined },
    ...{ sidecarImage: undefined, status: undefined, owner: undefined },
    ...more,
  };
}

const GOVERNED = pod('governed', { inject: 'true', workloadKey: 'k', status: 'signed' });

function policy(spec: McpGatewayPolicySpec): PolicyItem {
  const metadata = { name: 'pay', namespace: 'shop' };
  return {
    key: 'shop/pay',
    ...{ namespace: 'shop', name: 'pay', uid: 'u', generation: 1 },
    policy: { apiVersion: 'gatehouse.dev/v1alpha1', kind: 'McpGatewayPolicy', metadata, spec },
    ...{ problem: undefined, status: undefined },
  };
}

function service(selector: Record<string, string>): ServiceItem {
  return { key: 'shop/pay', namespace: 'shop', name: 'pay', selector, ports: [{ port: 80 }] };
}

function targets(facts: Partial<NamespaceFacts>, injection?: string) {
  const nothing = { policies: [], services: [], documents: new Map(), acks: new Map() };
  const found = targetsOf(
    { namespace: NAMESPACE, pods: [], sidecar: { version: '1', image: 's' }, ...nothing, ...facts },
    injection,
  );
  return found.map(({ pod: { name }, state, isMeant }) => `${name} ${state} ${isMeant}`);
}

describe('the pods that count', () => {
  it('are those that are governed, and those that should be', () => {
    const bare = pod('bare', { inject: 'true' });

    expect(targets({ pods: [GOVERNED, bare, pod('other')] })).to.deep.equal([
      'governed pending true',
      'bare uninjected true',
    ]);
  });

  it('are those of a namespace that opted in', () => {
    expect(targets({ pods: [pod('other')] }, 'enabled')).to.deep.equal(['other uninjected true']);
  });

  it('are those that a policy selects, though they opted in by nothing', () => {
    const policies = [policy({ selector: { matchLabels: { app: 'pay' } } })];

    expect(targets({ pods: [pod('beside')], policies })).to.deep.equal(['beside uninjected false']);
  });

  it('are those that a Service leads to in place of governed ones', () => {
    const services = [service({ app: 'pay' })];
    const pods = [GOVERNED, pod('beside')];

    expect(targets({ pods, services })).to.include('beside uninjected false');
    expect(targets({ pods: [pod('beside')], services })).to.deep.equal([]);
    expect(targets({ pods, services: [service({ app: 'other' })] })).to.have.length(1);
  });

  it('are not all of a namespace whose policy selects all', () => {
    expect(targets({ pods: [pod('database')], policies: [policy({})] })).to.deep.equal([]);
  });
});
