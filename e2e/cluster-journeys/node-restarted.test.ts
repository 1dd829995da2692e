// The node's daemons die and come back, and a pod dies with everything in it: calls go on or come back, always
// behind the sidecar, and the evidence lacks nothing.

import { expect } from 'chai';
import { KUBECONFIG } from '#e2e/cluster/addresses.ts';
import { endPod, restartNode } from '#e2e/cluster/restart.ts';
import { eventually } from './eventually.ts';
import { type Governed, startGoverned } from './governed.ts';
import { type Load, startLoad } from './load.ts';
import { type PodState, podStates } from './server-pods.ts';
import { expectWhole } from './verifying.ts';

describe('a node whose daemons die', () => {
  let governed: Governed;
  let load: Load;

  before(async function () {
    // Of a cluster that somebody gave us, the nodes are not ours.
    if (process.env.KUBECONFIG !== KUBECONFIG) this.skip();
    governed = await startGoverned('node-restarted');
    load = await startLoad(governed, 2);
    await eventually('calls that are answered', () => load.answered > 0);
  });

  after(async () => {
    await load?.stop();
    await governed?.close();
  });

  it('and are started again keeps its pods, and fails no call', async () => {
    const before = await podStates(governed.namespace);

    await restartNode();
    const answered = load.answered;
    await eventually('calls after the restart', () => load.answered > answered + 20);
    const after = await podStates(governed.namespace);

    expect(load.failures).to.deep.equal([]);
    expect(after.map(lasting)).to.deep.equal(before.map(lasting));
  });

  it('with a pod that died meanwhile brings it back, its sidecar before its server', async () => {
    const [first] = await podStates(governed.namespace);
    const uid = first?.uid ?? '';

    await restartNode(() => endPod(uid));
    const startedAt = performance.now();
    const back = await eventually('the pod, ready again', async () => {
      const now = (await podStates(governed.namespace)).find((each) => each.uid === uid);
      return now?.isReady === true && (now.restarts.gatehouse ?? 0) > 0 && now;
    });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`        ready again ${seconds} s after the kubelet was\n`);

    expect(back.startedAt.gatehouse).to.be.at.most(back.startedAt.everything ?? 0);
    await eventually('calls that are answered by all pods again', async () => {
      const answers = await Promise.all(
        [1, 2, 3, 4].map(() => governed.call('echo', { message: 'x' })),
      );
      return answers.every(({ status }) => status === 200);
    });
  });

  it('leaves evidence that lacks nothing', async () => {
    await load.stop();

    const records = await expectWhole(governed.namespace);

    // One for each start of a sidecar.
    const starts = (await podStates(governed.namespace)).map(
      ({ restarts: { gatehouse = 0 } }) => 1 + gatehouse,
    );
    const certified = records.filter(({ type }) => type === 'lane.certified');
    expect(certified).to.have.length(starts.reduce((sum, each) => sum + each, 0));
    expect(certified.length).to.be.above(2);
  });
});

function lasting({ uid, restarts }: PodState): unknown {
  return { uid, restarts };
}
