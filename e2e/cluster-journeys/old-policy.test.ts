// Somebody who may write ConfigMaps puts back a policy that allowed more, or changes the one in force, while nobody can
// repair it: sidecars that run keep the last good one, and none starts with another.

import { expect } from 'chai';
import { VOLUMES } from '#crds/names.ts';
import { kubectl, tryKubectl } from './cluster.ts';
import { eventually } from './eventually.ts';
import { ALL_TOOLS, type Governed, startGoverned } from './governed.ts';
import { askOperatorBack, bringOperatorBack, takeOperatorAway } from './operator-down.ts';
import { type PodState, podStates } from './server-pods.ts';
import { recordsOf } from './verifying.ts';

const DENIED = {
  ...{ name: 'none', effect: 'Deny', match: { tools: ['echo'] } },
  when: ['args.message == "x"'],
};
/** Until the kubelet has brought a changed ConfigMap. */
const MOUNTED_MS = 120_000;

describe('a policy document that is not the one in force, with the operator down', () => {
  let governed: Governed;
  let old: string;

  before(async () => {
    governed = await startGoverned('old-policy');
    expect(await isDenied()).to.equal(false);
    old = await document();
    await governed.govern({ rules: [...ALL_TOOLS, DENIED] });
    await eventually('the stricter policy in force', isDenied);
    await eventually('its document', async () => (await document()) !== old);
    await takeOperatorAway();
  });

  after(async () => {
    await bringOperatorBack();
    await governed?.close();
  });

  it('does not count with sidecars that run, when it was tampered with', async () => {
    const [head = '', payload = '', signature = ''] = (await document()).split('.');
    const read = Buffer.from(payload, 'base64url').toString();
    const changed = Buffer.from(read.replace('"Deny"', '"Allow"')).toString('base64url');
    await put([head, changed, signature].join('.'));

    const reasons = await eventually(
      'a record in each log that it was refused',
      async () => {
        const records = await recordsOf(governed.namespace);
        const found = records.filter(({ type }) => type === 'policy.rejected');
        return found.length >= 2 && found.map(({ detail }) => JSON.stringify(detail));
      },
      MOUNTED_MS,
    );

    expect(reasons.join()).to.include('is not a policy document that the operator signed');
    expect(await isDenied()).to.equal(true);
  });

  it('does not count with sidecars that run, when it is an older one', async () => {
    await put(old);
    await eventually('it mounted in every pod', isMounted, MOUNTED_MS);

    expect(await isDenied()).to.equal(true);
  });

  it('is refused by a sidecar that starts, which then serves nobody', async () => {
    const [first] = await podStates(governed.namespace);
    const name = first?.name ?? '';
    await restartSidecar(first);

    const said = await eventually('why it does not start', async () => {
      // Refused while there is no container, between two starts.
      const logs = ['-n', governed.namespace, 'logs', name, '-c', 'gatehouse'];
      const { out } = await tryKubectl(logs);
      return out.includes('no policy document to start with') && out;
    });
    await eventually('that it is not ready', async () => (await stateOf(name))?.isReady === false);

    expect(said).to.include('generation: is older than one that was already in force');
    expect(await isDenied()).to.equal(true);
  });

  it('is put right when the operator is back, and the sidecar starts', async () => {
    const startedAt = performance.now();
    await askOperatorBack();
    await eventually(
      'all pods ready',
      async () => (await podStates(governed.namespace)).every(({ isReady }) => isReady),
      // The kubelet starts what ends again and again later each time.
      MOUNTED_MS + 120_000,
    );
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`        all pods ready ${seconds} s after the operator was asked back\n`);

    expect(await document()).to.not.equal(old);
    expect(await isDenied()).to.equal(true);
  });

  /** By whichever pod answers. */
  async function isDenied(): Promise<boolean> {
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => governed.call('echo', { message: 'x' })),
    );
    return answers.every(({ text }) => text.includes('"isError":true'));
  }

  async function documentName(): Promise<string> {
    const path = 'jsonpath={.items[0].metadata.name}';
    const managed = ['-l', 'app.kubernetes.io/managed-by=gatehouse'];
    return kubectl('-n', governed.namespace, 'get', 'configmap', ...managed, '-o', path);
  }

  async function document(): Promise<string> {
    const path = 'jsonpath={.data.policy\\.jws}';
    const name = await documentName();
    return kubectl('-n', governed.namespace, 'get', 'configmap', name, '-o', path);
  }

  async function put(jws: string): Promise<void> {
    const patch = JSON.stringify({ data: { 'policy.jws': jws } });
    const name = await documentName();
    await kubectl('-n', governed.namespace, 'patch', 'configmap', name, '--patch', patch);
  }

  async function isMounted(): Promise<boolean> {
    const file = `${VOLUMES.policy.path}/policy.jws`;
    const show = `console.log(require("node:fs").readFileSync("${file}", "utf8"))`;
    const mounted = await Promise.all(
      (await podStates(governed.namespace)).map(({ name }) => inSidecar(name, 'node', '-e', show)),
    );
    return mounted.every(({ out }) => out.trim() === old);
  }

  /** As the kubelet does when it is found dead. */
  async function restartSidecar(pod: PodState | undefined): Promise<void> {
    const { name = '', restarts = {} } = pod ?? {};
    await inSidecar(name, 'node', '-e', 'process.kill(1, "SIGTERM")');
    await eventually(
      'its restart',
      async () => ((await stateOf(name))?.restarts.gatehouse ?? 0) > (restarts.gatehouse ?? 0),
    );
  }

  async function stateOf(name: string): Promise<PodState | undefined> {
    return (await podStates(governed.namespace)).find((pod) => pod.name === name);
  }

  function inSidecar(pod: string, ...command: readonly string[]) {
    return tryKubectl(['-n', governed.namespace, 'exec', pod, '-c', 'gatehouse', '--', ...command]);
  }
});
