// What only a cluster has to give a policy, on a node: a pod calls with the token of its ServiceAccount, an issuer is
// believed by a ConfigMap, and the server gets a credential from a Secret that is rotated while it serves.

import { expect } from 'chai';
import { MODERN_IMAGE } from '#e2e/cluster/images.ts';
import { callTool, modern, send } from '#e2e/journeys/wire.ts';
import { type PrivateIssuer, startPrivateIssuer } from '#e2e/servers/private-issuer.ts';
import { apply, kubectl, type Manifest, rolledOut } from './cluster.ts';
import { eventually } from './eventually.ts';
import { type Governed, startGoverned } from './governed.ts';
import { podStates } from './server-pods.ts';
import { HOST, SERVER } from './stage.ts';
import { untilGoverned } from './until-governed.ts';

/** The kubelet looks at the Secrets of a pod about once a minute. */
const MOUNTED_MS = 180_000;
const ECHO = callTool('echo', { message: 'hello' });

describe('the identity of a policy in a cluster', () => {
  let governed: Governed;
  let lab: PrivateIssuer;

  before(async () => {
    lab = await startPrivateIssuer(HOST);
    governed = await startGoverned('identity', { replicas: 1 });
    await untilGoverned(governed.url);
  });

  after(async () => {
    await governed?.close();
    await lab?.close();
  });

  const corp = () => ({
    name: 'corp',
    issuer: governed.provider.issuer,
    audiences: [governed.url],
  });
  const secretOf = (value: string): Manifest => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'backend' },
    stringData: { key: value, other: 'not for the sidecar' },
  });
  const field = async (path: string): Promise<string> =>
    kubectl('-n', governed.namespace, 'get', 'mgp', SERVER, '-o', `jsonpath={.status.${path}}`);

  describe('lists ServiceAccounts', () => {
    before(async () => {
      const accounts = ['runner', 'other'].map((name) => ({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name },
      }));
      await apply(governed.namespace, ...accounts);
      const serviceAccounts = [{ namespace: governed.namespace, name: 'runner' }];
      await governed.govern({ identity: { issuers: [corp()], serviceAccounts } });
      // As it is now: what was so under the policy before is no answer.
      const path = 'jsonpath={.metadata.generation} {.status.observedGeneration} {.status.pods}';
      const show = ['-n', governed.namespace, 'get', 'mgp', SERVER, '-o', path];
      await eventually('the policy', async () => /^(\d+) \1 1\/1$/.test(await kubectl(...show)));
    });

    it('and a pod with the token of a listed one calls, one with that of another is refused', async () => {
      await apply(governed.namespace, caller('runner'), caller('other'));

      expect(await answerOf('runner')).to.match(/^200 .*hello/);
      expect(await answerOf('other')).to.match(/^401 /);
    });

    it('and takes no token that is for the API server', async () => {
      const token = await kubectl('-n', governed.namespace, 'create', 'token', 'runner');

      expect((await send(governed.url, modern(token.trim(), ECHO))).status).to.equal(401);
    });
  });

  describe('names the authority of an issuer', () => {
    const status = async (): Promise<number> => {
      const token = await lab.token('alice', governed.url);
      return (await send(governed.url, modern(token, ECHO))).status;
    };

    it('which is missing: status says so, and the last policy stays', async () => {
      const caBundleRef = { kind: 'ConfigMap', name: 'lab-ca' };
      const issuers = [corp(), { name: 'lab', issuer: lab.url, caBundleRef }];
      await governed.govern({ identity: { issuers } });

      await eventually('the reason', async () => {
        return /lab-ca does not exist/.test(await field('message'));
      });
      expect((await governed.call('echo', { message: 'hello' })).status).to.equal(200);
      expect(await status()).to.equal(401);
    });

    it('which comes: its tokens are taken, without a restart', async () => {
      const data = { 'ca.crt': lab.authority.ca };
      const metadata = { name: 'lab-ca' };
      await apply(governed.namespace, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data });

      await eventually('the call', async () => (await status()) === 200);
    });
  });

  describe('names a Secret with the credential for the server', () => {
    it('later than the pod was made: the pod keeps the policy before, and is told to be made anew', async () => {
      await apply(governed.namespace, secretOf('first-credential'));
      await governed.govern({ identity: { issuers: [corp()], upstream: UPSTREAM } });

      await eventually('the reason', async () =>
        /made without key key of Secret backend; restart/.test(await field('message')),
      );
      expect(await field('targets.outdated')).to.equal('1');
      expect((await governed.call('echo', { message: 'hello' })).status).to.equal(200);
      expect(await credentials()).to.not.include('first-credential');
    });

    it('which the server gets from a pod made since', async () => {
      await kubectl('-n', governed.namespace, 'rollout', 'restart', `deployment/${SERVER}`);
      await rolledOut(governed.namespace, `deployment/${SERVER}`);
      await untilGoverned(governed.url);

      await eventually('a call that is answered', async () => {
        const { status } = await governed.call('echo', { message: 'hello' });
        return status === 200 && (await credentials()).includes('first-credential');
      });
    });

    it('which is rotated while it serves, without a restart', async () => {
      const [before] = await podStates(governed.namespace);
      await apply(governed.namespace, secretOf('second-credential'));

      await eventually(
        'the new credential',
        async () => {
          await governed.call('echo', { message: 'hello' });
          return (await credentials()).includes('second-credential');
        },
        MOUNTED_MS,
      );
      const [after] = await podStates(governed.namespace);

      expect([after?.uid, after?.restarts]).to.deep.equal([before?.uid, before?.restarts]);
    });

    it('of which nothing but the named key is in the sidecar, and nothing in its log', async () => {
      const inSidecar = ['-n', governed.namespace, 'exec', await newestPod(), '-c', 'gatehouse'];
      const list =
        'console.log(require("fs").readdirSync("/etc/gatehouse/secrets/backend").join())';
      const files = await kubectl(...inSidecar, '--', 'node', '-e', list);
      const log = await kubectl(
        ...['-n', governed.namespace, 'logs', await newestPod(), '-c', 'gatehouse'],
      );

      expect(files.trim()).to.equal('key');
      expect(log).to.not.match(/(first|second)-credential/);
    });
  });

  const newestPod = async (): Promise<string> =>
    (await podStates(governed.namespace)).find(({ isReady }) => isReady)?.name ?? '';

  /** What the server has been sent, as its journal has it. */
  async function credentials(): Promise<string> {
    const read = 'fetch("http://127.0.0.1:3001/__seen").then((r) => r.text())';
    const pod = ['-n', governed.namespace, 'exec', await newestPod(), '-c', SERVER];
    return kubectl(...pod, '--', 'node', '-e', `${read}.then((text) => console.log(text))`);
  }

  /** A pod of this ServiceAccount that calls once and says what it was answered. */
  function caller(serviceAccountName: string): Manifest {
    const { headers, body } = modern('TOKEN', ECHO);
    const script = `
      const token = require('fs').readFileSync('/token/token', 'utf8');
      const headers = JSON.parse(process.env.HEADERS.replace('TOKEN', token));
      fetch(process.env.URL, { method: 'POST', headers, body: process.env.BODY })
        .then(async (answer) => console.log(answer.status, await answer.text()));`;
    const env = { HEADERS: JSON.stringify(headers), BODY: body, URL: governed.url };
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `caller-${serviceAccountName}` },
      spec: {
        serviceAccountName,
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        containers: [
          {
            name: 'caller',
            image: MODERN_IMAGE,
            command: ['node', '-e', script],
            env: Object.entries(env).map(([name, value]) => ({ name, value })),
            volumeMounts: [{ name: 'token', mountPath: '/token', readOnly: true }],
          },
        ],
        volumes: [
          {
            name: 'token',
            projected: {
              sources: [
                {
                  serviceAccountToken: {
                    path: 'token',
                    audience: governed.url,
                    expirationSeconds: 600,
                  },
                },
              ],
            },
          },
        ],
      },
    };
  }

  async function answerOf(account: string): Promise<string> {
    const pod = ['-n', governed.namespace, `pod/caller-${account}`];
    await kubectl('wait', ...pod, '--for=jsonpath={.status.phase}=Succeeded', '--timeout=120s');
    // The log of a pod that has just ended is not always there at once.
    const said = await eventually(`what caller-${account} was told`, async () => {
      const log = await kubectl('-n', governed.namespace, 'logs', `caller-${account}`);
      return /^\d{3} /.test(log) && log;
    });
    return said.replaceAll('\n', ' ');
  }
});

const UPSTREAM = {
  mode: 'Static',
  static: {
    header: 'X-Backend-Key',
    valueFrom: { secretRef: { name: 'backend', key: 'key' } },
  },
} as const;
