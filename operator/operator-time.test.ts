// What the operator does because time goes by, with a clock that is moved.

import { expect } from 'chai';
import { policiesDigest } from '#core/policy/document.ts';
import { sha256Hex } from '#platform/documents/signed-text.ts';
import { createClock } from '#platform/process/clock.ts';
import { missingApiServer } from './kube/api-server.fixture.ts';
import { isConflict } from './kube/kube-fault.ts';
import { PATHS } from './kube/paths.ts';
import {
  KEY,
  NS,
  type OperatorRig,
  pod,
  policy,
  startOperatorRig,
  until,
} from './operator-rig.fixture.ts';
import { publish } from './reconcile/publish.ts';
import { PublishedDocuments } from './reconcile/published.ts';
import type { DocumentItem } from './world/objects.ts';

const HOUR = 60 * 60 * 1000;
const MINUTE = 60 * 1000;
const DOCUMENT = PATHS.configMap(NS, `gatehouse-policy-${KEY}`);

describe('the operator, as time goes by', function () {
  this.timeout(120_000);
  let rig: OperatorRig;
  let aheadMillis = 0;
  const clock = createClock({
    wallMillis: () => Date.now() + aheadMillis,
    monotonicMillis: () => performance.now(),
  });

  before(async function () {
    if (missingApiServer() !== undefined) return this.skip();
    rig = await startOperatorRig();
    await rig.restart({ clock });
    await rig.api.client.create(`/api/v1/namespaces/${NS}/pods`, pod('pay-0'));
    await rig.apply(policy('pay', ['get_*']));
  });
  after(async () => {
    await rig?.stop();
  });

  /** Moves the clock, and has the namespace looked at. */
  async function pass(millis: number): Promise<void> {
    aheadMillis += millis;
    rig.operator.heard(NS);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }

  const floor = () => until(async () => rig.operator.redis.state?.floor(NS as never, KEY));

  it('signs a document anew when half of its day is over, and not before', async () => {
    // The pod may have been seen before the policy.
    const first = await rig.documentThat(({ sources }) => sources.length > 0);
    await pass(0);
    const floorBefore = await floor();

    await pass(11 * HOUR);
    const kept = await rig.document();
    await pass(2 * HOUR);
    const renewed = await rig.documentThat(({ generation }) => generation > first.generation);

    expect(kept).to.deep.equal(first);
    expect(renewed.digest).to.equal(first.digest);
    expect(Date.parse(renewed.notAfter) - Date.parse(first.notAfter)).to.be.within(
      13 * HOUR,
      13 * HOUR + MINUTE,
    );
    expect(await floor(), 'older documents of the same policy still start').to.equal(floorBefore);
  });

  const seen = () => rig.operator.world.documents.get(`${NS}/gatehouse-policy-${KEY}`);

  /** Another policy, by an operator whose memory is `published`, over what it believes to be there. */
  async function publishOther(published: PublishedDocuments, over: DocumentItem | undefined) {
    const { digest: _, ...known } = await rig.documentThat(() => true);
    const { keys, verifier } = rig.operator;
    const policies = known.policies.map((one) => ({
      ...one,
      metadata: { ...one.metadata, name: 'other' },
    }));
    const parts = { ...known, policies };
    return publish(
      {
        ...{ client: rig.api.client, key: keys.policyKey, verifier, published },
        ...{ floors: new Map(), state: () => undefined, nowMillis: Date.now },
      },
      { ...parts, digest: policiesDigest(parts, sha256Hex) },
      over,
    );
  }

  it('writes nothing over a document that it has not seen: it may not lead any more', async () => {
    const before = seen();
    await rig.api.client.merge(DOCUMENT, { metadata: { annotations: { other: 'writer' } } });
    const published = new PublishedDocuments(rig.operator.verifier);

    const fault = await publishOther(published, before).catch((error: unknown) => error);

    expect(isConflict(fault)).to.equal(true);
  });

  it('writes nothing again that it wrote and has not seen yet', async () => {
    await rig.operator.close();
    const published = new PublishedDocuments(rig.operator.verifier);
    const before = seen();

    const first = await publishOther(published, before);
    const again = await publishOther(published, before);

    await rig.restart({ clock });
    expect([first.isRenewed, again.isRenewed]).to.deep.equal([true, false]);
    expect(again.document).to.deep.equal(first.document);
  });

  it('removes a document ten minutes after its last pod, and not when a pod came back', async () => {
    const pods = `/api/v1/namespaces/${NS}/pods`;
    const leave = async () => {
      await rig.api.client.remove(`${pods}/pay-0?gracePeriodSeconds=0`);
      await untilCounted(0);
    };
    await leave();
    await pass(9 * MINUTE);
    await rig.api.client.create(pods, pod('pay-0'));
    await untilCounted(1);
    await leave();
    await pass(9 * MINUTE);
    const kept = await rig.api.client.find(DOCUMENT);

    await pass(2 * MINUTE);
    const gone = await until(async () =>
      (await rig.api.client.find(DOCUMENT)) === undefined ? true : undefined,
    );

    expect([kept === undefined, gone]).to.deep.equal([false, true]);
  });

  /** In the status, which is written after documents were looked at. */
  async function untilCounted(pods: number): Promise<void> {
    await until(async () => ((await rig.statusOf()).targets?.matched === pods ? true : undefined));
  }
});
