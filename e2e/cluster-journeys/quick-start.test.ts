// README's quick start, word for word, on a cluster without Gatehouse, and then what the guide says to look at,
// to mend, and to uninstall.

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { NAMES } from '#e2e/cluster/addresses.ts';
import { EVERYTHING_IMAGE, IMAGE_TAG, REDIS_IMAGE } from '#e2e/cluster/images.ts';
import { connectLegacy, type DemoClient } from '#e2e/demo/clients.ts';
import type { Child } from '#e2e/servers/child.ts';
import { type OidcProvider, startOidcProvider } from '#e2e/servers/oidc-provider.ts';
import { apply, kubectl, type Manifest, rolledOut, tryKubectl } from './cluster.ts';
import { eventually } from './eventually.ts';
import { forward } from './forward.ts';
import { commandsUnder, commandWith, type Desk, openDesk } from './guide.ts';
import { removeGatehouse, SYSTEM, untilAdmits, untilNoTrace } from './installation.ts';
import { HOST } from './stage.ts';
import { untilGoverned } from './until-governed.ts';

const GUIDE = 'docs/kubernetes.md';
const STEPS = commandsUnder('README.md', 'In Kubernetes');
const NAMESPACE = 'default';
const WORKLOAD = 'deployment/payments';
const LABELS = { app: 'payments' };
const PORT = 3000;

describe('the quick start', () => {
  let provider: OidcProvider;
  let desk: Desk;
  let url: string;
  let client: DemoClient | undefined;

  before(async () => {
    await removeGatehouse();
    provider = await startOidcProvider({ host: HOST, alg: 'ES256' });
    await apply(NAMESPACE, ...SERVER);
    await rolledOut(NAMESPACE, WORKLOAD);
    const path = 'jsonpath={.spec.clusterIP}';
    const address = await kubectl('-n', NAMESPACE, 'get', 'service', 'payments', '-o', path);
    url = `http://${address}:${PORT}/mcp`;
    desk = await openDesk({
      'values.yaml': stringify(VALUES),
      'policy.yaml': policyFor(url, provider.issuer),
    });
  });

  after(async () => {
    await client?.close();
    await kubectl('-n', NAMESPACE, 'delete', 'deployment,service', 'payments', '--wait=false');
    await desk?.close();
    await provider?.close();
  });

  it('has three steps, and the guide says them in the same words', () => {
    expect(STEPS).to.have.length(3);
    expect(commandsUnder(GUIDE, 'Quick start')).to.include.members([...STEPS]);
  });

  it('puts the gateway before every pod of a Deployment, whose clients go on dialling the same Service', async () => {
    for (const step of STEPS) {
      await desk.mustRun(step);
      await untilAdmits();
    }
    await rolledOut(NAMESPACE, WORKLOAD);
    await untilGoverned(url);
    client = await connectLegacy(url, await provider.token({ sub: 'alice', audience: url }));

    const answer = await client.call('echo', { message: 'hello' });

    expect(answer).to.include({ isError: false, text: 'Echo: hello' });
    expect(await client.tools()).to.deep.equal(['echo']);
  });

  it('is followed by a row that says whether it is on, for how many pods, with which policy', async () => {
    const command = commandWith(commandsUnder(GUIDE, 'Quick start'), 'get mgp');
    const isOn = /^payments +Enforce +True +True +2\/2 +True .* sha256:[0-9a-f]{64} /m;
    const rows = await eventually(
      'a policy that is on for two pods, which have been looked at',
      async () => {
        const shown = await desk.mustRun(command);
        return isOn.test(shown) && shown;
      },
    );

    expect(rows).to.match(/^NAME +MODE +ACCEPTED +PROGRAMMED +PODS +PROTECTED .* POLICY /);
  });

  it('leaves an install and a workload that gatehouse check finds nothing wrong with', async () => {
    const [install, workload] = commandsUnder(GUIDE, 'Quick start').filter((command) =>
      command.startsWith('gatehouse check'),
    );
    const said = `${await desk.mustRun(install ?? '')}${await desk.mustRun(workload ?? '')}`;

    expect(said).to.include('gatehouse-operator: 2 of 2 replicas serve');
    expect(said).to.match(/^ok +deployment\/payments is opted in$/m);
    expect(said).to.match(/^ok +all 2 pods are governed and ready$/m);
    expect(said).to.not.include('WRONG');
  });

  it('leaves nothing that a GitOps tool would set right', async () => {
    const render = `helm template gatehouse charts/gatehouse --namespace ${SYSTEM} --values values.yaml --no-hooks`;
    // As another manager, or what Helm notes for itself would be taken away.
    const compare = 'kubectl diff --server-side --force-conflicts --field-manager=gitops -f -';

    const { code, out, problem } = await desk.run(`${render} | ${compare}`);

    expect(`${out}${problem}`).to.equal('');
    expect(code).to.equal(0);
  });

  it('leaves evidence that an auditor verifies and reads', async () => {
    const [trust = '', forwarding = '', login = '', verify = '', list = ''] = commandsUnder(
      GUIDE,
      'Evidence',
    );
    await desk.mustRun(trust);
    const forwarded = await forwardBy(forwarding);
    try {
      const verdict = await eventually('evidence that is certified and checkpointed', async () => {
        const { code, out } = await desk.run(`${login}\n${verify}`);
        return code === 0 && out;
      });

      expect(verdict).to.match(/^verified/im);
      const listed = await desk.mustRun(`${login}\n${list}`);
      expect(listed, listed).to.include('alice');
    } finally {
      await forwarded.stop();
    }
  });

  it('passes helm test, which fails once somebody has broken the glass, until the chart is upgraded', async () => {
    const test = commandWith(commandsUnder(GUIDE, 'Quick start'), 'helm test');
    const upgrade = commandWith(commandsUnder(GUIDE, 'Upgrade'), 'helm upgrade');
    const [, breakGlass = ''] =
      /Gatehouse is gone \| `([^`]+)`/.exec(readFileSync(GUIDE, 'utf8')) ?? [];

    const sound = await desk.run(test);
    await desk.mustRun(breakGlass);
    // The API server lets go of a guard a moment after it is deleted.
    const isBare = async () => (await sidecarsOfNewPod()) === '';
    await eventually('a pod without its sidecar', isBare);
    const broken = await desk.run(test);
    await desk.mustRun(upgrade);
    await eventually(
      'an install that is sound again',
      async () => (await desk.run(test)).code === 0,
      180_000,
    );

    expect(sound.code, sound.problem).to.equal(0);
    expect(broken.code).to.not.equal(0);
    const isGoverned = async () => (await sidecarsOfNewPod()) === 'gatehouse';
    await eventually('a pod with its sidecar', isGoverned);
  });

  it('is taken back by opting out and uninstalling, which leaves no trace but what the guide names', async () => {
    await kubectl('-n', NAMESPACE, 'annotate', 'deployment', 'payments', 'gatehouse.dev/inject-');
    await rolledOut(NAMESPACE, WORKLOAD);
    const [uninstall = ''] = commandsUnder(GUIDE, 'Uninstall');
    await eventually(
      'an uninstall that is not refused',
      async () => (await desk.run(uninstall)).code === 0,
      180_000,
    );

    await untilNoTrace();
    const pods = await kubectl('-n', NAMESPACE, 'get', 'pods', '-l', 'app=payments', '-o', 'name');
    expect(pods.trim().split('\n')).to.have.length(2);
  });
});

/** What comes first in a pod of this Deployment, undefined when there is to be none; nothing is kept of it. */
async function sidecarsOfNewPod(): Promise<string | undefined> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'tried', labels: { ...LABELS, 'gatehouse.dev/inject': 'true' } },
    spec: { containers: [{ name: 'server', image: 'tried', ports: [{ containerPort: PORT }] }] },
  };
  const path = 'jsonpath={.spec.initContainers[0].name}';
  const args = ['create', '-n', NAMESPACE, '--dry-run=server', '-f', '-', '-o', path];
  const { code, out } = await tryKubectl(args, JSON.stringify(pod));
  return code === 0 ? out : undefined;
}

/** `kubectl port-forward`, as the guide writes it. */
async function forwardBy(command: string): Promise<Child> {
  const [, namespace = '', target = '', ports = ''] =
    /^kubectl port-forward -n (\S+) (\S+) (\S+)$/.exec(command) ?? [];
  return forward(namespace, target, ports as `${number}:${number}`);
}

/** For a cluster whose images come from files. */
const VALUES = {
  image: { registry: NAMES.images, tag: IMAGE_TAG },
  redis: { bundled: { image: REDIS_IMAGE } },
  // The identity provider of this test.
  allowPlainHttp: true,
};

/** The example, with what it says to put in. */
function policyFor(url: string, issuer: string): string {
  const example = readFileSync('examples/kubernetes/policy.yaml', 'utf8');
  return example
    .replace('http://payments.default.svc:3000/mcp', url)
    .replace('https://idp.example', issuer)
    .replace('"get_*"', 'echo');
}

const SERVER: readonly Manifest[] = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'payments', labels: LABELS },
    spec: {
      replicas: 2,
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: {
          containers: [
            {
              name: 'server',
              image: EVERYTHING_IMAGE,
              env: [{ name: 'PORT', value: String(PORT) }],
              ports: [{ containerPort: PORT }],
              readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'payments' },
    spec: { selector: LABELS, ports: [{ port: PORT, targetPort: PORT }] },
  },
];
