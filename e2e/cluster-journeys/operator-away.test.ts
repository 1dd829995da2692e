// The operator goes, one replica or what the API server asks at admission: pods that run serve on, no pod starts
// ungoverned, and another replica leads before anybody has to be told.

import { expect } from 'chai';
import { KUBECONFIG } from '#e2e/cluster/addresses.ts';
import { MODERN_IMAGE } from '#e2e/cluster/images.ts';
import { killContainer } from '#e2e/cluster/restart.ts';
import { apply, kubectl, type Manifest, rolledOut, tryKubectl } from './cluster.ts';
import { eventually } from './eventually.ts';
import { ALL_TOOLS, type Governed, server, startGoverned } from './governed.ts';
import { SYSTEM } from './installation.ts';
import { type Load, startLoad } from './load.ts';
import { bringOperatorBack, OPERATOR, takeOperatorAway } from './operator-down.ts';
import { holder } from './operator-metric.ts';
import { LABELS } from './stage.ts';
import { expectWhole } from './verifying.ts';

const WEBHOOKS = 'mutatingwebhookconfiguration/gatehouse';
/** The lease, how often others look whether it is over, and what a busy machine takes. */
const TAKEOVER_MS = 15_000 + 2 * 2_400 + 10_000;

describe('an operator that goes', () => {
  let governed: Governed;
  let load: Load;

  before(async () => {
    governed = await startGoverned('operator-away');
    load = await startLoad(governed, 2);
    await eventually('calls that are answered', () => load.answered > 0);
  });

  after(async () => {
    await load?.stop();
    await governed?.close();
  });

  it('leaves leading to its other replica, within the time of the lease', async () => {
    const leader = await holder();
    const startedAt = performance.now();
    await kubectl('-n', SYSTEM, 'delete', 'pod', leader, '--force', '--grace-period=0');

    const next = await eventually(
      'another leader',
      async () => {
        const name = await holder();
        return name !== '' && name !== leader && name;
      },
      TAKEOVER_MS,
    );
    const led = performance.now() - startedAt;
    await govern('led');
    await eventually('a policy of the next leader in force', () => isDenied('led'), TAKEOVER_MS);
    const live = performance.now() - startedAt;

    expect(next).to.match(/^gatehouse-operator-/);
    say(`led again after ${seconds(led)} s, a policy in force after ${seconds(live)} s`);
    await rolledOut(SYSTEM, OPERATOR);
  });

  it('goes on after its leader crashed, as the same replica or another', async function () {
    // Of a cluster that somebody gave us, the containers are not ours to kill.
    if (process.env.KUBECONFIG !== KUBECONFIG) this.skip();
    const leader = await holder();
    const path = 'jsonpath={.metadata.uid}';
    const uid = await kubectl('-n', SYSTEM, 'get', 'pod', leader, '-o', path);
    const before = await restartsOf(leader);
    killContainer(uid, 'operator');
    await eventually('its restart', async () => (await restartsOf(leader)) > before);
    const startedAt = performance.now();
    // Its Service leads to the one that crashed until the node knows.
    const isTaken = () =>
      govern('crashed').then(
        () => true,
        () => false,
      );
    await eventually('a replica that admits', isTaken, TAKEOVER_MS);

    await eventually('a policy after the crash in force', () => isDenied('crashed'), TAKEOVER_MS);

    say(`a policy in force ${seconds(performance.now() - startedAt)} s after the restart`);
    await rolledOut(SYSTEM, OPERATOR);
  });

  describe('and cannot be asked at admission', () => {
    before(async () => {
      await takeOperatorAway();
    });

    after(async () => {
      await bringOperatorBack();
    });

    it('lets no governed pod start, and says why', async () => {
      const refusal = await apply(governed.namespace, podNamed('late')).catch(String);

      expect(refusal).to.include('failed calling webhook "labelled.pods.gatehouse.dev"');
    });

    it('nor where somebody takes the webhook away', async () => {
      const kept = await kubectl('get', WEBHOOKS, '-o', 'json');
      await kubectl('delete', WEBHOOKS);
      try {
        const refusal = await eventually('a refusal without the webhook', async () => {
          const said = await apply(governed.namespace, podNamed('bare')).catch(String);
          return !said.includes('failed calling webhook') && said;
        });

        expect(refusal).to.include('this pod is governed and has no gatehouse sidecar');
      } finally {
        await restore(kept);
      }
    });

    it('lets no policy change pass unrecorded', async () => {
      const refusal = await govern('unrecorded').catch(String);

      expect(refusal).to.include('failed calling webhook "policies.gatehouse.dev"');
    });
  });

  it('has failed no call meanwhile, and left the evidence whole', async () => {
    await load.stop();
    const records = await expectWhole(governed.namespace);

    expect(load.failures).to.deep.equal([]);
    expect(records.filter(({ type }) => type === 'lane.certified')).to.have.length(2);
  });

  /** From then on calls with this word are denied. */
  async function govern(word: string): Promise<void> {
    const rule = { name: 'word', effect: 'Deny', match: { tools: ['echo'] } };
    const rules = [...ALL_TOOLS, { ...rule, when: [`args.message == "${word}"`] }];
    await governed.govern({ rules });
  }

  async function isDenied(word: string): Promise<boolean> {
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => governed.call('echo', { message: word })),
    );
    return answers.every(({ text }) => text.includes('"isError":true'));
  }
});

function podNamed(name: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { ...LABELS, 'gatehouse.dev/inject': 'true' } },
    spec: { containers: [server(MODERN_IMAGE)] },
  };
}

async function restartsOf(pod: string): Promise<number> {
  const path = 'jsonpath={.status.containerStatuses[0].restartCount}';
  return Number(await kubectl('-n', SYSTEM, 'get', 'pod', pod, '-o', path));
}

/** As it was; the operator writes its authority into it again. */
async function restore(kept: string): Promise<void> {
  const { metadata, ...rest } = JSON.parse(kept);
  const { name, labels, annotations } = metadata;
  const body = JSON.stringify({ ...rest, metadata: { name, labels, annotations } });
  const { code, problem } = await tryKubectl(['create', '-f', '-'], body);
  if (code !== 0) throw new Error(problem);
}

function seconds(millis: number): string {
  return (millis / 1000).toFixed(1);
}

function say(line: string): void {
  process.stdout.write(`        ${line}\n`);
}
