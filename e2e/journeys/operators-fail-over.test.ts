// Two whole operators on one API server: what one leaves without goodbye, the other goes on with, once.

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Agent, request } from 'undici';
import { Child } from '#e2e/servers/child.ts';
import { testKubeconfig } from '#e2e/servers/test-kubeconfig.ts';
import { readTexts } from '#operator/keys/secrets.ts';
import { missingApiServer } from '#operator/kube/api-server.fixture.ts';
import { PATHS } from '#operator/kube/paths.ts';
import { Reflector } from '#operator/kube/reflector.ts';
import {
  KEY,
  NS,
  type OperatorRig,
  pod,
  policy,
  startOperatorRig,
  until,
} from '#operator/operator-rig.fixture.ts';

const PROGRAM = fileURLToPath(new URL('../servers/operator-replica.ts', import.meta.url));
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/gatehouse/leases/gatehouse-operator';
/** 15 s after its last sign of life, up to 2.4 s until the other looks again, and what a busy machine takes. */
const FAIL_OVER_MS = 30_000;

/** Of a pod that the policy selects, before it is stored. */
const REVIEW = JSON.stringify({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'u-1',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    namespace: NS,
    operation: 'CREATE',
    userInfo: { username: 'jane' },
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'pay-1', labels: { app: 'pay', 'gatehouse.dev/inject': 'true' } },
      spec: { containers: [{ name: 'app', image: 'app', ports: [{ containerPort: 3000 }] }] },
    },
  },
});

interface Replica {
  readonly name: string;
  readonly child: Child;
  readonly admission: number;
}

/** What the API server held of the document, each once, in their order. */
class DocumentLog {
  readonly versions: string[] = [];
  readonly #reflector: Reflector<{ readonly key: string; readonly version: string }>;

  constructor(rig: OperatorRig) {
    this.#reflector = new Reflector({
      client: rig.api.client,
      path: PATHS.configMaps,
      read: (object) => {
        const { name, resourceVersion } = Object(object).metadata;
        return { key: String(name), version: String(resourceVersion) };
      },
      onChange: (key, now) => {
        if (key === `gatehouse-policy-${KEY}`) this.versions.push(JSON.stringify(now));
      },
      random: Math.random,
    });
    this.#reflector.start();
  }

  close(): Promise<void> {
    return this.#reflector.close();
  }
}

describe('two operators', function () {
  this.timeout(240_000);
  let rig: OperatorRig;
  let documents: DocumentLog;
  let agent: Agent;
  const replicas = new Map<string, Replica>();

  before(async function () {
    if (missingApiServer() !== undefined) return this.skip();
    rig = await startOperatorRig();
    await rig.operator.close();
    await rig.api.client.create(`/api/v1/namespaces/${NS}/pods`, pod('pay-0'));
    await rig.apply(policy('pay', ['get_*']));
    documents = new DocumentLog(rig);
    for (const name of ['operator-a', 'operator-b']) await start(name);
    const ca = await until(async () =>
      readTexts(await rig.api.client.find(PATHS.secret(NS, 'gatehouse-runtime'))).get(
        'operator-ca.crt',
      ),
    );
    agent = new Agent({ connect: { ca, servername: 'gatehouse-operator.gatehouse.svc' } });
    for (const replica of replicas.values()) await untilAdmits(replica);
    // What is written from here on is written for a reason of the tests.
    await until(async () => (documents.versions.length > 0 ? true : undefined));
  });
  after(async () => {
    for (const { child } of replicas.values()) child.kill('SIGKILL');
    await documents?.close();
    await agent?.destroy();
    await rig?.stop();
  });

  async function start(name: string): Promise<Replica> {
    const kubeconfig = join(rig.redis.folder, `${name}.kubeconfig`);
    await writeFile(kubeconfig, await testKubeconfig(rig.api.access), { mode: 0o600 });
    const child = new Child({
      command: process.execPath,
      args: [PROGRAM, kubeconfig],
      env: {
        GATEHOUSE_NAMESPACE: 'gatehouse',
        GATEHOUSE_POD_NAME: name,
        GATEHOUSE_SIDECAR_IMAGE: 'sidecar:1',
        GATEHOUSE_REDIRECT_IMAGE: 'tools:1',
        GATEHOUSE_REDIS: rig.redis.url,
      },
    });
    const { admission } = await until(async () => {
      if (child.hasExited) throw new Error(child.output);
      const [line] = /^\{"sidecars".*\}$/m.exec(child.output) ?? [];
      return line === undefined ? undefined : JSON.parse(line);
    });
    await rm(kubeconfig);
    const replica = { name, child, admission };
    replicas.set(name, replica);
    return replica;
  }

  async function untilAdmits(replica: Replica): Promise<void> {
    await until(async () => ((await admits(replica)) ? true : undefined));
  }

  async function admits({ admission }: Replica): Promise<boolean> {
    const url = `https://127.0.0.1:${admission}/pods`;
    const answer = await request(url, { method: 'POST', body: REVIEW, dispatcher: agent });
    return Object(await answer.body.json()).response.allowed === true;
  }

  /** Who leads, and who does not. */
  async function roles(): Promise<{ readonly leader: Replica; readonly other: Replica }> {
    const name = await until(async () => {
      const { holderIdentity } = Object(await rig.api.client.find(LEASE)).spec;
      return replicas.has(holderIdentity) ? String(holderIdentity) : undefined;
    });
    const [other] = [...replicas.values()].filter((replica) => replica.name !== name);
    return { leader: replicas.get(name)!, other: other! };
  }

  /** Resolves when `replica` leads; all along, its webhook must answer. */
  async function untilLeads(replica: Replica): Promise<number> {
    const began = performance.now();
    for (;;) {
      expect(await admits(replica)).to.equal(true);
      if (Object(await rig.api.client.find(LEASE)).spec.holderIdentity === replica.name) break;
      if (performance.now() - began > 2 * FAIL_OVER_MS) throw new Error(replica.child.output);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return performance.now() - began;
  }

  /** Applies a policy and resolves when its document was written; then waits for a second writer, if there is one. */
  async function writesOf(tool: string): Promise<number> {
    const before = documents.versions.length;
    await rig.apply(policy('pay', [tool]));
    await until(async () => (documents.versions.length > before ? true : undefined));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    return documents.versions.length - before;
  }

  it('both answer at admission, and one of them writes', async () => {
    const { leader, other } = await roles();

    expect([await admits(leader), await admits(other)]).to.deep.equal([true, true]);
    expect(await writesOf('both_*')).to.equal(1);
  });

  it('when the one that leads stands still, the other goes on, and it ends when it finds out without another write', async () => {
    const { leader, other } = await roles();
    const before = documents.versions.length;
    leader.child.kill('SIGSTOP');

    const tookMillis = await untilLeads(other);
    const writes = await writesOf('frozen_*');
    leader.child.kill('SIGCONT');
    await until(async () => (leader.child.hasExited ? true : undefined));

    expect(tookMillis).to.be.below(FAIL_OVER_MS);
    expect([writes, documents.versions.length - before]).to.deep.equal([1, 1]);
    replicas.delete(leader.name);
    await untilAdmits(await start(leader.name));
  });

  it('when the one that leads is killed, the other leads within the time of the lease, and goes on', async () => {
    const { leader, other } = await roles();
    const before = documents.versions.length;
    leader.child.kill('SIGKILL');

    const tookMillis = await untilLeads(other);
    const written = documents.versions.length - before;

    expect(tookMillis).to.be.below(FAIL_OVER_MS);
    expect(written, 'taking over writes nothing anew').to.equal(0);
    expect(await writesOf('killed_*')).to.equal(1);
  });
});
