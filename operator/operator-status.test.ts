import { expect } from 'chai';
import { missingApiServer } from './kube/api-server.fixture.ts';
import { PATHS } from './kube/paths.ts';
import {
  KEY,
  NS,
  type OperatorRig,
  pod,
  policy,
  startOperatorRig,
  tools,
  until,
} from './operator-rig.fixture.ts';
import { signAck } from './reconcile/acks.ts';

describe('the status of a policy, on a real API server and a real Redis', function () {
  this.timeout(120_000);
  let rig: OperatorRig;

  before(async function () {
    if (missingApiServer() !== undefined) this.skip();
    rig = await startOperatorRig();
    await rig.api.client.create(`/api/v1/namespaces/${NS}/pods`, pod('pay-0'));
    await rig.apply(policy('pay', ['get_*']));
  });
  after(async () => {
    await rig?.stop();
  });

  it('counts what sidecars say, and says it in status', async () => {
    await until(async () => ((await rig.statusOf()).pods === '0/1' ? true : undefined));
    const { digest, generation } = await rig.documentThat(() => true);
    const { uid } = Object(await rig.api.client.find(PATHS.pod(NS, 'pay-0'))).metadata;
    const ack = {
      namespace: NS,
      pod: 'pay-0',
      podUid: uid,
      key: KEY,
      digest,
      generation,
      version: '0.1.0',
      exposed: [],
      capture: 'Redirect',
      at: 'now',
    };
    await rig.operator.redis.state?.setAck(
      NS as never,
      uid,
      await signAck({ ...ack, status: 'Active' }, rig.operator.keys.policyKey),
    );
    rig.operator.heard(NS);

    const status = await until(async () => {
      const found = await rig.statusOf();
      return found.pods === '1/1' ? found : undefined;
    });

    expect(status.targets).to.deep.equal({
      matched: 1,
      injected: 1,
      uninjected: 0,
      programmed: 1,
      rejected: 0,
      outdated: 0,
      exposed: 0,
    });
    const said = Object.fromEntries(
      status.conditions.map((one: { type: string; status: string }) => [one.type, one.status]),
    );
    expect(said).to.deep.equal({
      Accepted: 'True',
      Programmed: 'True',
      BypassProtected: 'True',
      Degraded: 'False',
      TransportPlain: 'True',
    });
    expect(status.observedGeneration).to.equal(1);
  });

  it('counts a sidecar of another image as outdated, whatever release it says', async () => {
    await rig.api.client.create(`/api/v1/namespaces/${NS}/pods`, pod('pay-old', {}, 'sidecar:0'));

    const status = await until(async () => {
      const found = await rig.statusOf();
      return found.targets.matched === 2 ? found : undefined;
    });
    await rig.api.client.remove(PATHS.pod(NS, 'pay-old'));

    expect(status.targets.outdated).to.equal(1);
    const said = status.conditions.find(({ type }: { type: string }) => type === 'Degraded');
    expect(said).to.include({ status: 'False', reason: 'OutdatedSidecars' });
  });

  it('believes no word that it did not sign', async () => {
    const { uid } = Object(await rig.api.client.find(PATHS.pod(NS, 'pay-0'))).metadata;
    await rig.apply(policy('pay', ['get_*', 'third']));
    await rig.documentThat((one) => tools(one).includes('third'));
    await rig.operator.redis.state?.setAck(NS as never, uid, 'eyJhbGciOiJub25lIn0.e30.');
    rig.operator.heard(NS);

    await until(async () => ((await rig.statusOf()).pods === '0/1' ? true : undefined));
  });

  it('keeps what is in force when a policy is invalid, and says what is wrong', async () => {
    const before = await rig.documentThat(() => true);
    await rig.apply(
      policy('pay', ['get_*'], {
        limits: { callSeconds: 60 },
        server: { capture: { mode: 'NamedPort' } },
        identity: {
          issuers: [{ name: 'corp', issuer: 'https://idp.example' }],
          serviceAccounts: [{ namespace: 'a', name: 'b' }],
          upstream: { mode: 'SameAudience' },
        },
      }),
    );

    const status = await until(async () => {
      const found = await rig.statusOf();
      return found.conditions?.[0]?.status === 'False' ? found : undefined;
    });

    expect(status.message).to.match(/^Not in force: spec\./);
    expect(await rig.document()).to.deep.equal(before);
    await rig.apply(policy('pay', ['get_*']));
    await until(async () =>
      (await rig.statusOf()).conditions?.[0]?.status === 'True' ? true : undefined,
    );
  });

  it('counts a pod without a sidecar where one is required, and names it', async () => {
    const bare = pod('bare', { 'gatehouse.dev/workload': undefined });
    await rig.api.client.create(`/api/v1/namespaces/${NS}/pods`, {
      ...bare,
      metadata: { ...bare.metadata, annotations: {} },
    });

    const status = await until(async () => {
      const found = await rig.statusOf();
      return found.targets?.uninjected === 1 ? found : undefined;
    });

    const condition = status.conditions.find(
      ({ type }: { type: string }) => type === 'BypassProtected',
    );
    expect([condition.status, condition.reason]).to.deep.equal(['False', 'UninjectedPods']);
    expect(condition.message).to.include('bare');
    await rig.api.client.remove(`${PATHS.pod(NS, 'bare')}?gracePeriodSeconds=0`);
  });

  it('says so when Redis is away, and comes back by itself with its users', async () => {
    await rig.redis.kill();
    await until(async () => {
      rig.operator.heard(NS);
      const found = await rig.statusOf();
      return found.conditions?.find(({ type }: { type: string }) => type === 'Degraded')?.status ===
        'True'
        ? true
        : undefined;
    });
    await rig.redis.start();

    await until(async () => {
      const users = (await rig.operator.redis.admin?.acl('USERS').catch(() => undefined)) as
        | string[]
        | undefined;
      return users?.includes(`gatehouse-${NS}`) ? true : undefined;
    });
    await until(async () => {
      const found = await rig.statusOf();
      return found.conditions?.find(({ type }: { type: string }) => type === 'Degraded')?.status ===
        'False'
        ? true
        : undefined;
    });
  });

  it('and what was found is an event, a metric and a record that verifies', async () => {
    const bare = pod('told', { 'gatehouse.dev/workload': undefined });
    await rig.api.client.create(`/api/v1/namespaces/${NS}/pods`, {
      ...bare,
      metadata: { ...bare.metadata, annotations: {} },
    });

    const note = await until(async () => {
      const path = `/apis/events.k8s.io/v1/namespaces/${NS}/events`;
      const { items } = Object(await rig.api.client.list(path, {}));
      return items.find(({ note }: { note?: string }) => note?.startsWith('Pod told should'));
    });
    await until(async () => {
      const { records } = await rig.evidence();
      return records.some((text) => text.includes('"told"')) || undefined;
    });
    const { target, anchors } = await rig.evidence();

    expect([note.type, note.reason]).to.deep.equal(['Warning', 'UninjectedPod']);
    expect(await rig.metrics.text()).to.match(/gatehouse_operator_pods\{state="uninjected"\} [12]/);
    expect(anchors).to.be.above(0);
    expect(target.verdict, JSON.stringify(target.problems)).to.equal('verified');
  });
});
