import { expect } from 'chai';
import type { Fixture } from '#e2e/servers/serve.ts';
import {
  approveNext,
  decide,
  pending,
  startAskingRig,
  stateOf,
  storyOf,
  untilState,
  VERIFIED,
  verification,
} from './approving.ts';
import type { RecordedExchange } from './evidence.ts';
import { LegacySession, toolCall } from './legacy-session.ts';
import type { Rig } from './rig.ts';
import { until } from './until.ts';
import { legacyClient, type WaitingClient } from './waiting-clients.ts';
import { messageOf } from './wire.ts';

const SPENT = ['requested', 'voted', 'granted', 'consumed'];

// With the holds as they are: 50 s, where the SDK gives up after 60 s, progress or not.
describe('a call of a legacy client that needs an approval', () => {
  let rig: Rig<Fixture>;
  let client: WaitingClient;
  let refunded = 0;
  before(async () => {
    rig = await startAskingRig({ era: 'legacy' });
    client = await legacyClient(rig.url, await rig.token());
  });
  beforeEach(() => {
    refunded = rig.server.journal.executions('refund');
  });
  after(async () => {
    await client?.close();
    await rig?.close();
  });

  /** Since this test began. */
  const refunds = () => rig.server.journal.executions('refund') - refunded;
  const endOf = (id: string): Promise<RecordedExchange> =>
    until('the outcome of the call that waited', async () =>
      (await rig.concluded('tool:refund')).find(
        ({ intent, outcome }) => intent.decision?.approval === id && outcome !== undefined,
      ),
    );

  it('is held without a word where it asked for none, and goes on once it is approved', async () => {
    const call = client.call('refund', { amount: 1 });
    const { id } = await approveNext(rig);

    const answer = await call;

    await untilState(rig, id, 'DONE');
    expect(answer).to.deep.equal({ text: 'Refunded 1.', isError: false });
    expect(refunds()).to.equal(1);
    expect(await storyOf(rig, id)).to.deep.equal(SPENT);
    expect((await endOf(id)).intent.decision).to.include({ rule: 'policy-0/refunds' });
  });

  it('hears what it waits for while it waits, where it asked for progress', async () => {
    const heard: { progress: number; message?: string | undefined }[] = [];
    const onprogress = (each: (typeof heard)[number]) => void heard.push(each);
    const call = client.call('refund', { amount: 2 }, { onprogress });
    const { id } = await pending(rig);
    // The second one comes ten seconds later: the call lives as long as they come.
    await until('progress to go on', () => heard.length >= 2, 20_000);
    await decide(rig, { id, act: 'approve' });

    const answer = await call;

    expect(answer.text).to.equal('Refunded 2.');
    const url = `${rig.gatehouse.adminUrl}/approvals/${id}`;
    expect(heard[0]?.message).to.equal(`Waiting for approval ${id}: ${url}`);
    const values = heard.map(({ progress }) => progress);
    expect(values).to.deep.equal([...new Set(values)].toSorted((a, b) => a - b));
    expect(Math.max(...values)).to.be.below(0);
  });

  it('hears the progress of the tool after that of the wait, each further than the last', async () => {
    const values: number[] = [];
    const onprogress = ({ progress }: { progress: number }) => void values.push(progress);
    const asking = await startAskingRig({ era: 'legacy', tools: ['stream'] });
    try {
      const other = await legacyClient(asking.url, await asking.token());
      const call = other.call('stream', { n: 3 }, { onprogress });
      await approveNext(asking);

      const answer = await call;
      await other.close();

      expect(answer.text).to.include('3 progress events');
      expect(values).to.have.length.of.at.least(4);
      expect(values).to.deep.equal([...new Set(values)].toSorted((a, b) => a - b));
    } finally {
      await asking.close();
    }
  });

  it('ends its wait when its client gives up, and is attached to again when it is repeated', async () => {
    const first = await client
      .call('refund', { amount: 3 }, { timeout: 1500 })
      .catch((error: Error) => error.message);
    const { id } = await pending(rig);
    const end = await endOf(id);
    await decide(rig, { id, act: 'approve' });
    const before = [await stateOf(rig, id), refunds()];

    const again = await client.call('refund', { amount: 3 });

    expect(first).to.include('timed out');
    expect(end.outcome?.outcome).to.include({ status: 'cancelled' });
    expect(before).to.deep.equal(['GRANTED', 0]);
    expect(again.text).to.equal('Refunded 3.');
    expect(refunds()).to.equal(1);
  });

  it('is never forwarded once it is cancelled, however soon the approval comes', async () => {
    const leaving = new AbortController();
    const call = client
      .call('refund', { amount: 4 }, { signal: leaving.signal })
      .catch(() => 'aborted');
    const { id } = await pending(rig);
    leaving.abort();
    const end = await endOf(id);
    await decide(rig, { id, act: 'approve' });
    await call;

    expect(end.outcome?.outcome).to.include({ status: 'cancelled' });
    expect(end.all.map(({ type }) => type).slice(-2)).to.deep.equal(['intent', 'outcome']);
    expect([await stateOf(rig, id), refunds()]).to.deep.equal(['GRANTED', 0]);
  });

  it('ends its wait when its session ends', async () => {
    const session = await LegacySession.open(rig.url, await rig.token('bob'));
    const call = session.post(toolCall(1, 'refund', { amount: 5 }));
    const { id } = await pending(rig);
    await session.end();

    const answer = messageOf(await call);

    const end = await endOf(id);
    await decide(rig, { id, act: 'approve' });
    expect(answer.error?.message).to.equal('the request was cancelled');
    expect(end.outcome?.outcome?.reason).to.equal('the client ended its session');
    expect([await stateOf(rig, id), refunds()]).to.deep.equal(['GRANTED', 0]);
  });

  it('is not forwarded for a client whose connection broke while it waited', async () => {
    const session = await LegacySession.open(rig.url, await rig.token('bob'));
    const params = { name: 'refund', arguments: { amount: 6 }, _meta: { progressToken: 1 } };
    const stream = await session.stream({ id: 1, method: 'tools/call', params });
    const { id } = await pending(rig);
    stream.close();
    const end = await endOf(id);
    await decide(rig, { id, act: 'approve' });

    expect(end.outcome?.outcome).to.include({ status: 'disconnected' });
    expect([await stateOf(rig, id), refunds()]).to.deep.equal(['GRANTED', 0]);
  });

  it('hears no while it listens to progress', async () => {
    const call = client.call('refund', { amount: 7 }, { onprogress: () => {} });
    const { id } = await pending(rig);
    await decide(rig, { id, act: 'deny' });

    const answer = await call;

    expect(answer.isError).to.equal(true);
    expect(answer.text).to.include(`approval ${id} was denied: journey: deny`);
    expect(refunds()).to.equal(0);
  });

  it('hears that its own requester has cancelled it', async () => {
    const call = client.call('refund', { amount: 8 });
    const { id } = await pending(rig);
    const cancelled = await decide(rig, { id, act: 'cancel', sub: 'alice' });

    const answer = await call;

    expect(cancelled.status).to.equal(200);
    expect(answer.text).to.include('cancelled by its requester');
    expect(await storyOf(rig, id)).to.deep.equal(['requested', 'cancelled']);
  });

  it('gets a result with an address when the gateway stops, and the evidence holds', async () => {
    const call = client.call('refund', { amount: 9 });
    const { id } = await pending(rig);
    const verified = verification(rig);

    const answer = await call;

    expect(answer.isError).to.equal(true);
    expect(answer.approval?.id).to.equal(id);
    expect(await verified).to.deep.equal(VERIFIED);
  });
});

describe('a call of a legacy client that cannot wait any longer', () => {
  for (const { name, options } of [
    { name: 'hears progress', options: { onprogress: () => {} } },
    { name: 'hears nothing', options: {} },
  ]) {
    it(`gets a result with an address where it ${name}, and goes on when it is repeated`, async () => {
      const rig = await startAskingRig({ era: 'legacy', holdSeconds: 0 });
      try {
        const client = await legacyClient(rig.url, await rig.token());

        const first = await client.call('refund', { amount: 1 }, options);
        const asked = await approveNext(rig);
        const second = await client.call('refund', { amount: 1 }, options);
        await client.close();

        expect(first.approval?.id).to.equal(asked.id);
        expect(first.text).to.include(`${rig.gatehouse.adminUrl}/approvals/${asked.id}`);
        expect(second).to.deep.equal({ text: 'Refunded 1.', isError: false });
        expect(rig.server.journal.executions('refund')).to.equal(1);
        expect(await verification(rig)).to.deep.equal(VERIFIED);
      } finally {
        await rig.close();
      }
    });
  }
});
