import { expect } from 'chai';
import type { Gatehouse } from '#e2e/servers/gatehouse.ts';
import { askingSpec } from './approving.ts';
import { type Relaying, startRelaying } from './relaying.ts';
import { decide, recordsIn, verify, waiting } from './replicas.ts';
import { TaskClient } from './task-client.ts';
import { until } from './until.ts';

// Issue 6, point 3: the tasks rung of the ladder, and the client is at another replica when it comes back.
describe('a call that waits as a task at one of two replicas', function () {
  this.timeout(60_000);
  let pair: Relaying;
  let alice: TaskClient;
  let since = 0;

  before(async () => {
    pair = await startRelaying({
      era: 'modern',
      spec: askingSpec(),
      holdSeconds: 1,
      oneServer: true,
    });
    alice = new TaskClient(await pair.rig.token('alice', { audience: pair.url }));
  });

  beforeEach(() => {
    since = pair.servers[0].journal.executions('refund');
  });

  after(() => pair?.close());

  const refunds = () => pair.servers[0].journal.executions('refund') - since;
  const start = (at: Gatehouse, amount: number) => alice.start(pair.at(at), 'refund', { amount });

  it('is approved and read at the other one, and carried out once', async () => {
    const taskId = await start(pair.one, 1);
    const { id } = await waiting(pair, pair.two);
    const meanwhile = await alice.get(pair.at(pair.two), taskId);
    await decide(pair, pair.two, id, 'approve');

    const ended = await alice.over(pair.at(pair.two), taskId);

    expect(meanwhile.result).to.include({ taskId, status: 'working' });
    expect(ended.result?.content?.[0]?.text).to.equal('Refunded 1.');
    expect(refunds()).to.equal(1);
  });

  it('is carried out once also when nobody ever asks', async () => {
    await start(pair.one, 2);
    const { id } = await waiting(pair, pair.two);

    await decide(pair, pair.two, id, 'approve');

    await until('it is carried out', () => refunds() === 1);
  });

  it('is denied, and taken back by its caller, at the other one', async () => {
    const denied = await start(pair.one, 3);
    await decide(pair, pair.two, (await waiting(pair, pair.two)).id, 'deny');
    const ended = await alice.over(pair.at(pair.two), denied);
    const left = await start(pair.two, 4);
    const { id } = await waiting(pair, pair.one);

    await alice.about(pair.at(pair.one), 'tasks/cancel', { taskId: left });
    const { result } = await alice.get(pair.at(pair.two), left);
    await decide(pair, pair.one, id, 'approve');
    const identical = await alice.call(pair.at(pair.one), 'refund', { amount: 4 });

    expect(ended.result?.isError).to.equal(true);
    expect(result?.status).to.equal('cancelled');
    expect(identical.result?.content?.[0]?.text).to.equal('Refunded 4.');
    expect(refunds()).to.equal(1);
  });

  it('is nothing to others at either of them', async () => {
    const taskId = await start(pair.one, 5);
    const bob = new TaskClient(await pair.rig.token('bob', { audience: pair.url }));

    for (const at of [pair.one, pair.two]) {
      const { error } = await bob.get(pair.at(at), taskId);
      expect(error).to.deep.equal({ code: -32602, message: 'unknown name' });
    }
    await decide(pair, pair.one, (await waiting(pair, pair.one)).id, 'deny');
    await alice.over(pair.at(pair.two), taskId);
  });

  it('goes on at one of the two where both have it', async () => {
    const tasks = [await start(pair.one, 6), await start(pair.two, 6)];
    const { id } = await waiting(pair, pair.one);
    await decide(pair, pair.one, id, 'approve');

    const ends = await Promise.all(tasks.map((taskId) => alice.over(pair.url, taskId)));

    expect(ends.map(({ status }) => status)).to.deep.equal(['completed', 'completed']);
    expect(ends.filter(({ result }) => result?.isError !== true)).to.have.length(1);
    expect(refunds()).to.equal(1);
  });

  it('waits on while Redis is gone, and is carried out once people have decided', async () => {
    const taskId = await start(pair.one, 8);
    const { id } = await waiting(pair, pair.two);
    await pair.redis.kill();
    const meanwhile = await alice.get(pair.at(pair.one), taskId);
    await pair.redis.start();
    await until('the decision is taken', async () => {
      const status = await decide(pair, pair.two, id, 'approve');
      // A try may have been taken after all, its answer lost.
      return status === 200 || status === 409;
    });

    const ended = await alice.over(pair.at(pair.two), taskId);

    // Nothing is answered that is not on record.
    expect(meanwhile.error?.code).to.equal(-31002);
    expect(ended.result?.content?.[0]?.text).to.equal('Refunded 8.');
    expect(refunds()).to.equal(1);
  });

  it('has failed when that one is gone; its approval stands, and nothing is done twice or lost', async () => {
    const taskId = await start(pair.one, 7);
    const { id } = await waiting(pair, pair.two);
    pair.one.child.kill('SIGKILL');
    await until('the gateway is gone', () => pair.one.child.hasExited);

    const lost = (await alice.get(pair.at(pair.two), taskId)).result;
    await decide(pair, pair.two, id, 'approve');
    const identical = await alice.call(pair.at(pair.two), 'refund', { amount: 7 });

    expect(lost).to.include({ taskId, status: 'failed' });
    expect(lost?.error?.message).to.include(id).and.include('Make the identical call again');
    expect(identical.result?.content?.[0]?.text).to.equal('Refunded 7.');
    expect(refunds()).to.equal(1);
  });

  it('leaves evidence in which every task and what became of it is told', async () => {
    await pair.two.close();
    const records = await recordsIn(pair);

    const accepted = records.filter(({ outcome }) => outcome?.refusal === 'approval_task');
    const went = records.filter(({ type, detail }) => type === 'intent' && detail?.task);
    const exchanges = accepted.map(({ exchange }) => exchange);

    expect(exchanges).to.have.length(9);
    // One was cancelled, and one went with its gateway.
    expect(went).to.have.length(7);
    expect(exchanges).to.include.members(went.map(({ detail }) => detail?.task));
    expect(await verify(pair)).to.deep.include({ problems: [] });
  });
});
