// Pods that were there before their namespace opted in: where the platform team asked for it they are made anew behind
// the sidecar, a few at a time, and never against a disruption budget.

import { expect } from 'chai';
import { EVERYTHING_IMAGE } from '#e2e/cluster/images.ts';
import { apply, kubectl, rolledOut } from './cluster.ts';
import { eventually } from './eventually.ts';
import { type Governed, server, startGoverned } from './governed.ts';
import { installGatehouse } from './installation.ts';
import { podNames } from './server-pods.ts';
import { deployment, SERVER } from './stage.ts';

const EVICTING = { 'operator.eviction.enabled': 'true', 'operator.eviction.perMinute': '10' };
const BUDGET = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: SERVER },
  spec: { minAvailable: 2, selector: { matchLabels: { app: SERVER } } },
};

describe('pods without a sidecar, where eviction was asked for', () => {
  let governed: Governed;

  before(async () => {
    const bare = deployment(2, { containers: [server(EVERYTHING_IMAGE)] });
    governed = await startGoverned('eviction', { values: EVICTING, workload: bare });
  });

  after(async () => {
    await governed?.close();
    await installGatehouse({});
  });

  it('stay while their budget does not allow it, and are told of', async () => {
    const { namespace } = governed;
    await apply(namespace, BUDGET);
    const before = await podNames(namespace);
    await kubectl('label', 'namespace', namespace, 'gatehouse.dev/injection=enabled');

    await eventually('their number in the status', async () => {
      return (await uninjected()) === '2' && (await message()).includes('restart its workload');
    });
    await eventually('the event', async () => {
      return (await kubectl('-n', namespace, 'get', 'events')).includes('UninjectedPod');
    });

    expect(await podNames(namespace)).to.deep.equal(before);
  });

  it('are made anew behind a sidecar when it does', async () => {
    const { namespace } = governed;
    const before = await podNames(namespace);
    await kubectl('-n', namespace, 'delete', 'poddisruptionbudget', SERVER);
    const startedAt = performance.now();

    await eventually(
      'pods with a sidecar alone',
      async () => (await uninjected()) === '0',
      180_000,
    );
    await rolledOut(namespace, `deployment/${SERVER}`);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`        governed ${seconds} s after the budget allowed it\n`);

    const now = await podNames(namespace);
    expect(before.every((name) => !now.includes(name))).to.equal(true);
    expect(await kubectl('-n', namespace, 'get', 'events')).to.include(
      'had no sidecar and was evicted',
    );
    const headers = {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    };
    const unproven = await fetch(governed.url, { method: 'POST', headers, body: '{}' });
    expect(unproven.status).to.equal(401);
  });

  function message(): Promise<string> {
    const path = 'jsonpath={.status.message}';
    return kubectl('-n', governed.namespace, 'get', 'mgp', SERVER, '-o', path);
  }

  function uninjected(): Promise<string> {
    const path = 'jsonpath={.status.targets.uninjected}';
    return kubectl('-n', governed.namespace, 'get', 'mgp', SERVER, '-o', path);
  }
});
