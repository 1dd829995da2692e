// Pods that were there before their namespace opted in: where the platform team asked for it they are made anew behind
// the sidecar, a few at a time, and never against a disruption budget.

import { expect } from 'chai';
import { EVERYTHING_IMAGE } from '#e2e/cluster/images.ts';
import { apply, kubectl, rolledOut } from './cluster.ts';
import { eventually } from './eventually.ts';
import { type Governed, server, startGoverned } from './governed.ts';
import { installGatehouse } from './installation.ts';
import { podStates } from './server-pods.ts';
import { deployment, SERVER } from './stage.ts';
import { untilGoverned } from './until-governed.ts';

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
    const before = await names();
    await kubectl('label', 'namespace', namespace, 'gatehouse.dev/injection=enabled');

    await eventually('their number in the status', async () => {
      return (await uninjected()) === '2' && (await message()).includes('restart its workload');
    });
    await eventually('the event', async () => {
      return (await kubectl('-n', namespace, 'get', 'events')).includes('UninjectedPod');
    });

    expect(before).to.have.length(2);
    expect(await names()).to.deep.equal(before);
  });

  it('are made anew behind a sidecar when it does', async () => {
    const { namespace } = governed;
    const before = await names();
    await kubectl('-n', namespace, 'delete', 'poddisruptionbudget', SERVER);
    const startedAt = performance.now();

    await eventually(
      'pods with a sidecar alone',
      async () => (await uninjected()) === '0',
      300_000,
    );
    await rolledOut(namespace, `deployment/${SERVER}`);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`        governed ${seconds} s after the budget allowed it\n`);

    const now = await names();
    expect(now).to.have.length(2);
    expect(before.every((name) => !now.includes(name))).to.equal(true);
    await eventually('the event', async () => {
      const events = await kubectl('-n', namespace, 'get', 'events');
      return events.includes('had no sidecar and was evicted');
    });
    await untilGoverned(governed.url);
  });

  /** Of the pods that stay. */
  async function names(): Promise<readonly string[]> {
    return (await podStates(governed.namespace)).map(({ name }) => name).sort();
  }

  function message(): Promise<string> {
    const path = 'jsonpath={.status.message}';
    return kubectl('-n', governed.namespace, 'get', 'mgp', SERVER, '-o', path);
  }

  function uninjected(): Promise<string> {
    const path = 'jsonpath={.status.targets.uninjected}';
    return kubectl('-n', governed.namespace, 'get', 'mgp', SERVER, '-o', path);
  }
});
