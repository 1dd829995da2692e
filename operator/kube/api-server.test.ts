import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { CHECK_CASES, documentOf } from '#crds/check-cases.ts';
import { crdOf } from '#crds/crd.ts';
import { KINDS } from '#crds/kinds.ts';
import { missingApiServer, startApiServer, type TestApiServer } from './api-server.fixture.ts';
import { EventRecorder } from './events.ts';
import { KubeFault } from './kube-fault.ts';
import { Leader } from './leader.ts';
import { Reflector } from './reflector.ts';

const POLICIES = '/apis/gatehouse.dev/v1alpha1/namespaces/default/mcpgatewaypolicies';
const CLUSTER = '/apis/gatehouse.dev/v1alpha1/mcpgatewayclusterpolicies';
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const APPLY = { manager: 'test', force: true };

describe('against a real API server', function () {
  this.timeout(120_000);
  let api: TestApiServer;

  before(async function () {
    const missing = missingApiServer();
    if (missing !== undefined) {
      this.skip();
    }
    api = await startApiServer();
    for (const custom of KINDS) {
      const crd = crdOf(custom) as { metadata: { name: string } };
      await api.client.apply(`${CRDS}/${crd.metadata.name}`, crd, APPLY);
    }
    for (const path of [POLICIES, CLUSTER]) {
      await until(async () => (await status(() => api.client.list(path, {}))) === 0);
    }
  });
  after(async () => {
    await api?.stop();
  });

  it('both kinds are taken without a complaint', async () => {
    for (const { plural } of KINDS) {
      const path = `${CRDS}/${plural}.gatehouse.dev`;
      await until(async () => {
        const conditions = Object(await api.client.find(path)).status?.conditions ?? [];
        return conditions.some(
          ({ type, status }: Condition) => type === 'Established' && status === 'True',
        );
      });
      const { conditions } = Object(await api.client.find(path)).status;
      expect(
        conditions.filter(({ type }: Condition) => type === 'NonStructuralSchema'),
      ).to.deep.equal([]);
    }
  });

  it('refuses at admission exactly what the laptop refuses', async () => {
    const told: string[] = [];
    for (const [at, { name, spec, refused }] of CHECK_CASES.entries()) {
      const document = { ...documentOf(spec), metadata: { name: `case-${at}` } };
      const said = await status(() => api.client.create(`${POLICIES}?dryRun=All`, document));
      if ((said === 0) !== (refused.length === 0)) told.push(`${name}: ${said}`);
    }

    expect(told).to.deep.equal([]);
  });

  it('takes each example of the docs', async () => {
    for (const file of ['read-only-access', 'approvals', 'masking', 'observe-first']) {
      const path = join(import.meta.dirname, '../../examples', file, 'policy.yaml');
      const policy = parse(readFileSync(path, 'utf8'));
      expect(
        await status(() => api.client.create(`${POLICIES}?dryRun=All`, policy)),
        file,
      ).to.equal(0);
    }
  });

  it('takes a baseline, and refuses one that observes', async () => {
    const baseline = (mode: string) => ({
      ...documentOf({ mode, namespaceSelector: { matchLabels: { a: 'b' } } }),
      kind: 'McpGatewayClusterPolicy',
    });

    expect(
      await status(() => api.client.create(`${CLUSTER}?dryRun=All`, baseline('Enforce'))),
    ).to.equal(0);
    expect(
      await status(() => api.client.create(`${CLUSTER}?dryRun=All`, baseline('Observe'))),
    ).to.equal(422);
  });

  it('a reflector of a kind that is seconds old hears of every object', async () => {
    const seen = new Map<string, string>();
    const reflector = new Reflector({
      client: api.client,
      path: '/apis/gatehouse.dev/v1alpha1/mcpgatewaypolicies',
      read: (object) => {
        const { namespace, name, resourceVersion } = Object(object).metadata;
        return { key: `${namespace}/${name}`, resourceVersion };
      },
      onChange: (key, now) => (now === undefined ? seen.delete(key) : seen.set(key, 'here')),
      random: Math.random,
    });
    reflector.start();
    await reflector.synced;

    await api.client.create(POLICIES, { ...documentOf({}), metadata: { name: 'seen' } });
    await until(async () => seen.has('default/seen'));
    await api.client.remove(`${POLICIES}/seen`);
    await until(async () => !seen.has('default/seen'));
    await reflector.close();
  });

  it('one replica leads, the next as soon as the lease is given back', async () => {
    const log: string[] = [];
    const leader = (identity: string) =>
      new Leader({
        client: api.client,
        namespace: 'default',
        name: 'operator',
        identity,
        monotonicMillis: () => performance.now(),
        wallMillis: Date.now,
        random: Math.random,
        onLead: () => log.push(`${identity} leads`),
        onLoss: () => log.push(`${identity} lost`),
        // Too long to be over by itself while a busy machine stands still.
        times: { leaseMillis: 90_000, renewMillis: 60_000, retryMillis: 50 },
      });
    const [a, b] = [leader('a'), leader('b')];
    a.start();
    await until(async () => a.leads);
    b.start();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([a.leads, b.leads]).to.deep.equal([true, false]);

    await a.close();
    await until(async () => b.leads);
    expect(log).to.deep.equal(['a leads', 'b leads']);

    // Somebody else writes itself in: the one that led must hear of it.
    const path = '/apis/coordination.k8s.io/v1/namespaces/default/leases/operator';
    await api.client.merge(path, { spec: { holderIdentity: 'c' } });
    await until(async () => log.includes('b lost'));
    await b.close();
  });

  it('an event is said once', async () => {
    const faults: unknown[] = [];
    const recorder = new EventRecorder({
      client: api.client,
      instance: 'operator-0',
      wallMillis: Date.now,
      newId: () => 'id',
      onFault: (error) => faults.push(error),
    });
    const on = { apiVersion: 'v1', kind: 'Namespace', name: 'default' };

    for (let times = 0; times < 3; times += 1)
      recorder.say('Warning', on, 'UninjectedPod', 'a pod');
    await until(async () => (await notes()).length > 0);

    expect(await notes()).to.deep.equal(['a pod']);
    expect(faults).to.deep.equal([]);
  });

  async function notes(): Promise<readonly string[]> {
    const path = '/apis/events.k8s.io/v1/namespaces/default/events';
    const { items } = Object(await api.client.list(path, {}));
    return items.flatMap((item: { reason: string; note: string }) =>
      item.reason === 'UninjectedPod' ? [item.note] : [],
    );
  }
});

interface Condition {
  readonly type: string;
  readonly status: string;
}

/** 0 when it was taken. */
async function status(ask: () => Promise<unknown>): Promise<number> {
  try {
    await ask();
    return 0;
  } catch (error) {
    if (error instanceof KubeFault) return error.status;
    throw error;
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise<void>((resolve) => setTimeout(resolve, 20));
}
