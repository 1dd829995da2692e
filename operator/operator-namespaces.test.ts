import { expect } from 'chai';
import { createClock } from '#platform/process/clock.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import { ensureRuntime } from './ensure-runtime.ts';
import { readTexts } from './keys/secrets.ts';
import { missingApiServer } from './kube/api-server.fixture.ts';
import { PATHS } from './kube/paths.ts';
import {
  NS,
  type OperatorRig,
  pod,
  policy,
  startOperatorRig,
  until,
} from './operator-rig.fixture.ts';

const SECRET = PATHS.secret(NS, 'gatehouse-runtime');
const FOLDER = `${PATHS.namespaces}/${NS}`;

describe('the operator, as namespaces come and go', function () {
  this.timeout(120_000);
  let rig: OperatorRig;

  before(async function () {
    if (missingApiServer() !== undefined) return this.skip();
    rig = await startOperatorRig();
    const bare = pod('bare', { 'gatehouse.dev/workload': undefined });
    const metadata = { ...bare.metadata, annotations: {} };
    await rig.api.client.create(`${FOLDER}/pods`, { ...bare, metadata });
    await rig.apply(policy('pay', ['get_*']));
  });
  after(async () => {
    await rig?.stop();
  });

  const uninjected = async () =>
    /^gatehouse_operator_pods\{state="uninjected"\} (\d+)$/m.exec(await rig.metrics.text())?.[1];
  const secret = () => rig.api.client.find(SECRET);

  it('counts nothing of one that is on its way, and records that its drift is over', async () => {
    await until(async () => ((await uninjected()) === '1' ? true : undefined));
    // Of the policy, which may have been seen after the pod.
    await until(secret);

    await rig.api.client.remove(FOLDER);

    await until(async () => ((await uninjected()) === '0' ? true : undefined));
    await until(async () => {
      const { records } = await rig.evidence();
      return records.some((line) => line.includes('drift.cleared')) ? true : undefined;
    });
  });

  it('gives one that was made again under the same name its Secret again', async () => {
    const before = await until(secret);
    await rig.api.client.remove(SECRET);
    // As the controller of namespaces does when nothing is left in one.
    const going = Object(await rig.api.client.find(FOLDER));
    await rig.api.client.replace(`${FOLDER}/finalize`, { ...going, spec: { finalizers: [] } });
    await until(async () => ((await rig.api.client.find(FOLDER)) === undefined ? true : undefined));

    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NS } };
    await rig.api.client.create(PATHS.namespaces, namespace);

    const after = await until(secret);
    expect(Object(after).metadata.uid).to.not.equal(Object(before).metadata.uid);
  });

  it('puts back what somebody changed in that Secret, or took away, when it looks again', async () => {
    const { client } = rig.api;
    const namespace = 'looked-at' as Namespace;
    await client.create(PATHS.namespaces, { metadata: { name: namespace } });
    let nowMillis = 0;
    const clock = { ...createClock(), monotonicMicros: () => nowMillis * 1000 };
    const maker = { client, clock, settings: { redisUrl: rig.redis.url } };
    const { keys, redis } = rig.operator;
    const users = new Map();
    const look = async () => {
      nowMillis += 31_000;
      const parts = { ...maker, redisCa: undefined, operatorCa: () => 'CA' };
      await ensureRuntime(parts, { keys, redis, users }, namespace);
      return readTexts(await client.find(PATHS.secret(namespace, 'gatehouse-runtime')));
    };
    const made = await look();
    const forged = Buffer.from('{"keys":[]}').toString('base64');

    await client.merge(PATHS.secret(namespace, 'gatehouse-runtime'), {
      data: { 'policy-keys.json': forged },
    });
    const mended = await look();
    await client.remove(PATHS.secret(namespace, 'gatehouse-runtime'));
    const remade = await look();

    expect(mended).to.deep.equal(made);
    expect([...remade.keys()]).to.have.members([...made.keys()]);
    expect(remade.get('policy-keys.json')).to.equal(made.get('policy-keys.json'));
  });
});
