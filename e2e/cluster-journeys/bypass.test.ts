// Who has rights in the namespace, though none to go around policy, tries to: each way is refused, or reported where
// people and machines look.

import { connect } from 'node:net';
import { expect } from 'chai';
import { EVERYTHING_IMAGE, MODERN_IMAGE } from '#e2e/cluster/images.ts';
import { apply, kubectl, type Manifest, tryKubectl } from './cluster.ts';
import { eventually } from './eventually.ts';
import { type Governed, server, startGoverned } from './governed.ts';
import { SYSTEM } from './installation.ts';
import { untilMetric } from './operator-metric.ts';
import { type Fields, LABELS, SERVER } from './stage.ts';
import { recordsOf } from './verifying.ts';

const SECOND_PORT = 9229;
/** As a debugger would. */
const BESIDE = {
  name: 'beside',
  image: MODERN_IMAGE,
  command: [
    'node',
    '-e',
    `require("node:net").createServer((s) => s.end("in")).listen(${SECOND_PORT}, "0.0.0.0")`,
  ],
};

describe('who tries to go around', () => {
  let governed: Governed;

  before(async () => {
    const containers = [server(MODERN_IMAGE), BESIDE];
    governed = await startGoverned('bypass', { replicas: 1, pod: { containers } });
  });

  after(() => governed?.close());

  it('finds no second port of a pod open', async () => {
    const { namespace } = governed;
    const path = 'jsonpath={.items[0].status.podIP}';
    const address = await kubectl(
      ...['-n', namespace, 'get', 'pods', '-l', `app=${SERVER}`, '-o', path],
    );
    const dial = `require("node:net").connect(${SECOND_PORT}, "127.0.0.1").on("data", (d) => console.log(String(d)))`;
    const inside = ['-n', namespace, 'exec', `deployment/${SERVER}`, '-c', 'beside', '--'];

    await eventually('the port open inside', async () => {
      const { out } = await tryKubectl([...inside, 'node', '-e', dial]);
      return out.trim() === 'in';
    });
    expect(await dialled(address, SECOND_PORT)).to.equal('ECONNREFUSED');
  });

  it('with a pod that did not opt in, is told of by status, event, metric and evidence', async () => {
    const { namespace } = governed;
    await apply(namespace, podNamed('unlabelled', LABELS));

    const condition = await eventually('a status that says so', () => bypassProtected('False'));
    const events = await eventually('events', async () => {
      const text = await kubectl('-n', namespace, 'get', 'events');
      return text.includes('UninjectedPod') && text;
    });
    const found = await untilRecorded('drift.found');
    await untilMetric('gatehouse_operator_pods{state="uninjected"}', 1);
    await kubectl('-n', namespace, 'delete', 'pod', 'unlabelled', '--grace-period=1');
    await eventually('a status that says it is over', () => bypassProtected('True'));

    expect(condition).to.include('Pod unlabelled has no sidecar');
    expect(events).to.match(/Warning +UninjectedPod +pod\/unlabelled/);
    expect(found).to.deep.include({ kind: 'Uninjected', pod: 'unlabelled' });
    await untilRecorded('drift.cleared');
  });

  it('with a sidecar written by hand, is refused, or has it overwritten', async () => {
    const { namespace } = governed;
    const decoy = { name: 'gatehouse', image: EVERYTHING_IMAGE, restartPolicy: 'Always' };
    const marks = { 'gatehouse.dev/injected': '0.1.0', 'gatehouse.dev/workload': 'pod-forged' };
    const forged = podNamed('forged', { ...LABELS, ...marks }, { initContainers: [decoy] });
    const asked = podNamed(
      'asked',
      { ...LABELS, ...marks, 'gatehouse.dev/inject': 'true' },
      { initContainers: [decoy] },
    );

    const refusal = await apply(namespace, forged).catch(String);
    await apply(namespace, asked);
    const path = 'jsonpath={.spec.initContainers[?(@.name=="gatehouse")].image}';
    const image = await kubectl('-n', namespace, 'get', 'pod', 'asked', '-o', path);
    await kubectl('-n', namespace, 'delete', 'pod', 'asked', '--wait=false');

    expect(refusal).to.include('annotation gatehouse.dev/status are the gateway');
    expect(image).to.include('gatehouse-sidecar');
  });

  it('swaps no image of a sidecar that runs', async () => {
    const { namespace } = governed;
    // Of those of the Deployment: others are ending.
    const ours = ['-l', `app=${SERVER},pod-template-hash`];
    const pods = await kubectl('-n', namespace, 'get', 'pods', ...ours, '-o', 'name');
    const patch = { spec: { initContainers: [{ name: 'gatehouse', image: EVERYTHING_IMAGE }] } };

    const refusal = await kubectl(
      ...['-n', namespace, 'patch', pods.trim(), '--patch', JSON.stringify(patch)],
    ).catch(String);

    expect(refusal).to.include('must run');
  });

  async function bypassProtected(status: string): Promise<string | false> {
    const path = 'jsonpath={.status.conditions[?(@.type=="BypassProtected")]}';
    const text = await kubectl('-n', governed.namespace, 'get', 'mgp', SERVER, '-o', path);
    return text.includes(`"status":"${status}"`) && text;
  }

  /** In the log of the operator, about this namespace. */
  async function untilRecorded(type: string): Promise<object> {
    return eventually(`a record ${type}`, async () => {
      const records = await recordsOf(SYSTEM);
      return records.find(
        (each) => each.type === type && each.detail?.namespace === governed.namespace,
      )?.detail;
    });
  }
});

function podNamed(name: string, labels: Fields, spec: Fields = {}): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: { containers: [server(EVERYTHING_IMAGE)], ...spec },
  };
}

function dialled(host: string, port: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(port, host, () => resolve('open'));
  socket.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
  return promise.finally(() => socket.destroy());
}
