import { expect } from 'chai';
import type { Fixture } from '#e2e/servers/serve.ts';
import {
  askingSpec,
  decide,
  killGateway,
  pending,
  startAskingRig,
  storyOf,
  untilState,
  VERIFIED,
  verification,
} from './approving.ts';
import type { Rig } from './rig.ts';
import { TaskClient } from './task-client.ts';
import { until } from './until.ts';
import { callTool, messageOf, modern, send } from './wire.ts';

const SPENT = ['requested', 'voted', 'granted', 'consumed'];

describe('a call that waits for an approval as a task', function () {
  this.timeout(60_000);
  let rig: Rig<Fixture>;
  let alice: TaskClient;
  let since = 0;

  const spec = () =>
    askingSpec({
      tools: ['refund', 'echo', 'slow'],
      approval: { pendingTtl: '5m', grantTtl: '1m' },
      beside: [],
    });
  const started = async () => {
    rig = await startAskingRig({
      era: 'modern',
      holdSeconds: 1,
      spec: {
        ...spec(),
        masking: [{ name: 'pii', detectors: ['email'], action: 'Redact' }],
      },
    });
    alice = new TaskClient(await rig.token());
  };

  before(started);
  beforeEach(() => {
    since = rig.server.journal.executions('refund');
  });
  after(() => rig?.close());

  const refunds = () => rig.server.journal.executions('refund') - since;

  it('goes home with a task that says what it waits for, and for how long', async () => {
    const { result } = await alice.call(rig.url, 'refund', { amount: 1 });
    const { id } = await pending(rig);

    expect(result).to.include({ resultType: 'task', status: 'working' });
    expect(result?.statusMessage).to.match(new RegExp(`^Waiting for approval ${id}: http`));
    expect(result?.ttlMs).to.be.within(5 * 60_000, 2 * 3_600_000);
    expect(result?.pollIntervalMs).to.be.a('number');
    expect(result?.taskId).to.have.length.below(400);
    await decide(rig, { id, act: 'deny' });
  });

  it('goes on once by itself when it is approved, and its result can be read', async () => {
    const taskId = await alice.start(rig.url, 'refund', { amount: 2 });
    const { id } = await pending(rig);
    await decide(rig, { id, act: 'approve' });
    await untilState(rig, id, 'DONE');
    const executed = refunds();

    const { result: got } = await alice.get(rig.url, taskId);
    const again = await alice.get(rig.url, taskId);

    expect([executed, refunds()]).to.deep.equal([1, 1]);
    expect(got).to.include({ resultType: 'complete', taskId, status: 'completed' });
    expect(got?.result?.content?.[0]?.text).to.equal('Refunded 2.');
    expect(again.result?.result).to.deep.equal(got?.result);
    expect(await storyOf(rig, id)).to.deep.equal(SPENT);
  });

  it('is told in the evidence as a call that waited, and one that went on for it', async () => {
    const taskId = await alice.start(rig.url, 'refund', { amount: 3 });
    const { id } = await pending(rig);
    await decide(rig, { id, act: 'approve' });
    await untilState(rig, id, 'DONE');
    await alice.get(rig.url, taskId);

    const own = (await rig.concluded('tool:refund')).filter(
      ({ intent }) => intent.decision?.approval === id,
    );
    const [waited, went] = own;
    const polls = await rig.concluded(`task:${waited?.intent.exchange}`);

    expect(own).to.have.length(2);
    expect(waited?.outcome?.outcome).to.include({ status: 'refused', refusal: 'approval_task' });
    expect(went?.outcome?.outcome?.status).to.equal('ok');
    expect(went?.intent.detail).to.deep.equal({ task: waited?.intent.exchange });
    expect(polls[0]?.outcome?.outcome?.status).to.equal('ok');
    expect(polls[0]?.intent.decision?.rule).to.equal('plumbing');
  });

  it('has its result masked as any answer', async () => {
    const taskId = await alice.start(rig.url, 'echo', { message: 'to ann@example.com' });
    const { id } = await pending(rig);
    await decide(rig, { id, act: 'approve' });

    const { result } = await alice.over(rig.url, taskId);

    expect(JSON.stringify(result)).to.include('to ').and.not.include('ann@example.com');
  });

  it('is over with the words of who denied it', async () => {
    const taskId = await alice.start(rig.url, 'refund', { amount: 4 });
    const { id } = await pending(rig);
    await decide(rig, { id, act: 'deny' });

    const { status, result } = await alice.over(rig.url, taskId);

    expect(status).to.equal('completed');
    expect(result?.isError).to.equal(true);
    expect(result?.content?.[0]?.text).to.equal(`approval ${id} was denied: journey: deny`);
    expect(refunds()).to.equal(0);
  });

  it('is over when the policy does not let it any more', async () => {
    const taskId = await alice.start(rig.url, 'refund', { amount: 5 });
    const { id } = await pending(rig);
    const no = { name: 'no', effect: 'Deny', match: { tools: ['refund'] } } as const;
    await rig.activate({ ...spec(), rules: [...(spec().rules ?? []), no] });

    const { result } = await alice.over(rig.url, taskId);
    await rig.activate(spec());
    await decide(rig, { id, act: 'approve' });

    expect(result?.isError).to.equal(true);
    expect(result?.content?.[0]?.text).to.include('changed since the approval was asked for');
    expect(refunds()).to.equal(0);
    await decide(rig, { id, act: 'revoke' });
  });

  it('is not carried out once its caller cancelled it, and the grant waits for the identical call', async () => {
    const taskId = await alice.start(rig.url, 'refund', { amount: 6 });
    const { id } = await pending(rig);

    const said = await alice.about(rig.url, 'tasks/cancel', { taskId });
    const { result } = await alice.get(rig.url, taskId);
    await decide(rig, { id, act: 'approve' });
    const idle = refunds();
    const identical = await alice.call(rig.url, 'refund', { amount: 6 });

    expect(said.result).to.deep.equal({ resultType: 'complete' });
    expect(result?.status).to.equal('cancelled');
    expect(idle).to.equal(0);
    expect(identical.result?.content?.[0]?.text).to.equal('Refunded 6.');
  });

  it('is called off at the server when it is cancelled under way', async () => {
    const taskId = await alice.start(rig.url, 'slow', { ms: 20_000 });
    const { id } = await pending(rig);
    await decide(rig, { id, act: 'approve' });
    await until('it is under way', () => rig.server.journal.executions('slow') > 0);

    await alice.about(rig.url, 'tasks/cancel', { taskId });

    await until('the server heard', () => (rig.server.journal.read().cancelled.slow ?? 0) > 0);
    expect((await alice.get(rig.url, taskId)).result?.status).to.equal('cancelled');
  });

  it('takes what nobody asked for, and goes on waiting', async () => {
    const taskId = await alice.start(rig.url, 'refund', { amount: 7 });

    const inputResponses = { name: { action: 'accept' } };
    const said = await alice.about(rig.url, 'tasks/update', { taskId, inputResponses });

    expect(said.result).to.deep.equal({ resultType: 'complete' });
    expect((await alice.get(rig.url, taskId)).result?.status).to.equal('working');
    await decide(rig, { id: (await pending(rig)).id, act: 'deny' });
  });

  it('attaches to one request with its twin, and one of the two goes on', async () => {
    const tasks = [
      await alice.start(rig.url, 'refund', { amount: 8 }),
      await alice.start(rig.url, 'refund', { amount: 8 }),
    ];
    const { id } = await pending(rig);
    await decide(rig, { id, act: 'approve' });

    const ends = await Promise.all(tasks.map((taskId) => alice.over(rig.url, taskId)));

    const texts = ends.map(({ result }) => result?.content?.[0]?.text);
    expect(texts).to.include('Refunded 8.');
    expect(texts.filter((text) => text?.includes('used up by an identical call'))).to.have.length(
      1,
    );
    expect(refunds()).to.equal(1);
  });

  it('is nothing to others, and its id is worth nothing changed', async () => {
    const taskId = await alice.start(rig.url, 'refund', { amount: 9 });
    const bob = new TaskClient(await rig.token('bob'));
    const changed = taskId.slice(0, 50) + (taskId[50] === 'A' ? 'B' : 'A') + taskId.slice(51);

    const foreign = await bob.get(rig.url, taskId);
    const stopped = await bob.about(rig.url, 'tasks/cancel', { taskId });
    const forged = await alice.get(rig.url, changed);
    const invented = await alice.get(rig.url, 'invented');

    for (const { error } of [foreign, stopped, forged, invented]) {
      expect(error).to.deep.equal({ code: -32602, message: 'unknown name' });
    }
    expect((await alice.get(rig.url, taskId)).result?.status).to.equal('working');
    await decide(rig, { id: (await pending(rig)).id, act: 'deny' });
  });

  it('is asked about by clients that declare the extension alone', async () => {
    const taskId = await alice.start(rig.url, 'refund', { amount: 10 });

    const asked = modern(await rig.token(), { method: 'tasks/get', params: { taskId } });
    const answer = await send(rig.url, asked);

    expect(answer.status).to.equal(400);
    expect(messageOf(answer).error).to.deep.include({
      code: -32021,
      data: { requiredCapabilities: { extensions: { 'io.modelcontextprotocol/tasks': {} } } },
    });
    await decide(rig, { id: (await pending(rig)).id, act: 'deny' });
  });

  it('is announced where the server says what it can do', async () => {
    const { result } = messageOf(
      await send(rig.url, modern(await rig.token(), { method: 'server/discover' })),
    );

    expect(result).to.have.nested.property('capabilities.extensions').that.deep.equals({
      'io.modelcontextprotocol/tasks': {},
    });
  });

  it('waits in rounds where its client takes no tasks', async () => {
    const plain = modern(await rig.token(), callTool('refund', { amount: 11 }));

    const round = messageOf(await send(rig.url, plain));

    expect(round.result?.resultType).to.equal('input_required');
    await decide(rig, { id: (await pending(rig)).id, act: 'deny' });
  });

  it('has failed when its gateway is gone, and the identical call goes on with its approval', async () => {
    const taskId = await alice.start(rig.url, 'refund', { amount: 13 });
    const { id } = await pending(rig);
    await killGateway(rig);
    await rig.restart();

    const { result: lost } = await alice.get(rig.url, taskId);
    await decide(rig, { id, act: 'approve' });
    const identical = await alice.call(rig.url, 'refund', { amount: 13 });
    const { result: after } = await alice.get(rig.url, taskId);

    expect(lost?.status).to.equal('failed');
    expect(lost?.error?.message).to.include(id).and.include('Make the identical call again');
    expect(identical.result?.content?.[0]?.text).to.equal('Refunded 13.');
    expect(after?.error?.message).to.include('whether the call was carried out is in the evidence');
  });

  it('leaves evidence that an auditor can verify', async () => {
    expect(await verification(rig)).to.deep.equal(VERIFIED);
  });
});
