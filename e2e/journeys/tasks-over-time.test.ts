import { expect } from 'chai';
import type { Fixture } from '#e2e/servers/serve.ts';
import {
  approvalsOf,
  askingSpec,
  decide,
  pending,
  startAskingRig,
  VERIFIED,
  verification,
} from './approving.ts';
import { untilExpired } from './expiring.ts';
import { type Rig, startRig } from './rig.ts';
import { json, type ScriptedServer, startScripted } from './scripted-server.ts';
import { TaskClient } from './task-client.ts';
import { until } from './until.ts';

describe('a task whose caller has only short-lived tokens', function () {
  this.timeout(60_000);
  let rig: Rig<Fixture>;

  before(async () => {
    rig = await startAskingRig({ era: 'modern', holdSeconds: 1 });
  });

  after(() => rig?.close());

  /** A task whose token has run out, and whose request is approved after that. Other seconds give another token. */
  const runOut = async (amount: number, expiresInSeconds: number) => {
    const token = await rig.token('alice', { expiresInSeconds });
    const client = new TaskClient(token);
    const taskId = await client.start(rig.url, 'refund', { amount });
    const { id } = await pending(rig);
    await untilExpired(token);
    await decide(rig, { id, act: 'approve' });
    return { taskId, id };
  };

  it('waits for a poll with a valid one, and goes on with that', async () => {
    const { taskId } = await runOut(1, 8);
    const before = rig.server.journal.executions('refund');
    const fresh = new TaskClient(await rig.token('alice'));

    const { result: first } = await fresh.get(rig.url, taskId);
    const { result } = await fresh.over(rig.url, taskId);

    expect(before).to.equal(0);
    expect(first?.statusMessage).to.include('token of its caller has run out');
    expect(result?.content?.[0]?.text).to.equal('Refunded 1.');
  });

  it('is over when the grant is taken back meanwhile', async () => {
    const { taskId, id } = await runOut(2, 9);
    await decide(rig, { id, act: 'revoke' });
    const fresh = new TaskClient(await rig.token('alice'));

    const { result } = await fresh.over(rig.url, taskId);

    expect(result?.isError).to.equal(true);
    expect(result?.content?.[0]?.text).to.include('taken back');
  });
});

describe('a caller with many tasks', function () {
  this.timeout(60_000);
  let rig: Rig<Fixture>;

  before(async () => {
    rig = await startAskingRig({ era: 'modern', holdSeconds: 1 });
  });

  after(() => rig?.close());

  it('waits in rounds once it has as many as are kept, until it has read how some of them ended', async () => {
    const alice = new TaskClient(await rig.token());
    const kept: string[] = [];
    for (let count = 0; count < 32; count += 1) {
      kept.push(await alice.start(rig.url, 'refund', { amount: 1 }));
    }

    const round = await alice.call(rig.url, 'refund', { amount: 1 });
    const bob = await new TaskClient(await rig.token('bob')).call(rig.url, 'refund', { amount: 1 });
    const requests = await approvalsOf(rig);
    for (const { id } of requests) await decide(rig, { id, act: 'deny' });
    for (const taskId of kept) await alice.over(rig.url, taskId);
    const next = await alice.call(rig.url, 'refund', { amount: 2 });

    expect(round.result?.resultType).to.equal('input_required');
    expect(bob.result?.resultType).to.equal('task');
    expect(requests).to.have.length(2);
    expect(next.result?.resultType).to.equal('task');
  });
});

describe('a task that nobody decides on', function () {
  this.timeout(90_000);
  let rig: Rig<Fixture>;

  before(async () => {
    rig = await startAskingRig({ era: 'modern', holdSeconds: 1, approval: { pendingTtl: '30s' } });
  });

  after(() => rig?.close());

  it('is over when its request has run out', async () => {
    const alice = new TaskClient(await rig.token());
    const taskId = await alice.start(rig.url, 'refund', { amount: 1 });

    const ended = await until(
      'the task is over',
      async () => {
        const { result } = await alice.get(rig.url, taskId);
        return result?.status !== 'working' && result;
      },
      75_000,
    );

    expect(ended.result?.content?.[0]?.text).to.include('was not given in time');
  });
});

describe('a gateway that is asked to stop', function () {
  this.timeout(60_000);
  let rig: Rig<Fixture>;

  before(async () => {
    rig = await startAskingRig({ era: 'modern', holdSeconds: 1, tools: ['refund', 'slow'] });
  });

  after(() => rig?.close());

  it('finishes the task that is under way, and lets go of those that wait', async () => {
    const alice = new TaskClient(await rig.token());
    await alice.start(rig.url, 'slow', { ms: 60_000 });
    await decide(rig, { id: (await pending(rig)).id, act: 'approve' });
    await until('it is under way', () => rig.server.journal.executions('slow') === 1);
    const waiting = await alice.start(rig.url, 'refund', { amount: 1 });
    const { id } = await pending(rig);
    const closed = rig.gatehouse.close();
    await until('the drain', () => rig.log().includes('"draining"'));
    rig.server.journal.endSlow();
    await closed;
    await rig.restart();

    const went = (await rig.concluded('tool:slow')).filter(({ intent }) => intent.detail?.task);
    const lost = await alice.get(rig.url, waiting);
    await decide(rig, { id, act: 'approve' });
    const identical = await alice.call(rig.url, 'refund', { amount: 1 });

    expect(went.map(({ outcome }) => outcome?.outcome?.status)).to.deep.equal(['ok']);
    expect(lost.result?.status).to.equal('failed');
    expect(identical.result?.content?.[0]?.text).to.equal('Refunded 1.');
    expect(await verification(rig)).to.deep.equal(VERIFIED);
  });
});

describe('a task whose call the server makes a task of', function () {
  this.timeout(60_000);
  let rig: Rig<ScriptedServer>;

  before(async () => {
    rig = await startRig({
      server: startScripted,
      specs: [askingSpec()],
      claims: { person: 'email' },
      start: { flags: ['--hold-seconds', '1'] },
    });
  });

  after(() => rig?.close());

  const asking = () => rig as unknown as Rig<Fixture>;

  it('stands for that one from then on, without a rule for it', async () => {
    const alice = new TaskClient(await rig.token());
    const task = { taskId: 'job-1', status: 'working', ttlMs: 1000 };
    rig.server.play((asked, response) => {
      const { id, method } = asked.rpc;
      const made = { resultType: 'task', ...task };
      const done = {
        resultType: 'complete',
        ...task,
        status: 'completed',
        result: { content: [] },
      };
      const result = method === 'tools/call' ? made : done;
      return json(JSON.stringify({ jsonrpc: '2.0', id, result }))(asked, response);
    });
    const taskId = await alice.start(rig.url, 'refund', { amount: 1 });
    await decide(asking(), { id: (await pending(asking())).id, act: 'approve' });

    const ended = await alice.over(rig.url, taskId);

    expect(ended).to.deep.include({ taskId, status: 'completed', result: { content: [] } });
    expect(rig.server.asked.at(-1)?.rpc.params?.taskId).to.equal('job-1');
    expect(rig.server.asked.at(-1)?.headers['mcp-name']).to.equal('job-1');
  });

  it('has failed where the server wants to be called again and asks for nothing', async () => {
    const alice = new TaskClient(await rig.token());
    rig.server.play((asked, response) => {
      const result = { resultType: 'input_required', requestState: 'x' };
      return json(JSON.stringify({ jsonrpc: '2.0', id: asked.rpc.id, result }))(asked, response);
    });
    const taskId = await alice.start(rig.url, 'refund', { amount: 2 });
    await decide(asking(), { id: (await pending(asking())).id, act: 'approve' });

    const ended = await alice.over(rig.url, taskId);

    expect(ended.status).to.equal('failed');
    expect(ended.error?.message).to.include('asks to be called again');
  });
});

describe('a task whose server asks its client for input', function () {
  this.timeout(60_000);
  const TOOL = 'test_input_required_result_elicitation';
  const ANSWER = { user_name: { action: 'accept', content: { name: 'Ann' } } };
  const asks = {
    name: 'asks',
    effect: 'Allow',
    match: { methods: ['elicitation/create'] },
  } as const;

  for (const reapproveOnInput of [true, false]) {
    const anew = reapproveOnInput
      ? 'needs an approval for the answers as well'
      : 'goes on with them';

    it(`shows what is asked, takes the answers, and ${anew}`, async () => {
      const rule = { reapproveOnInput };
      const spec = askingSpec({ tools: [TOOL], rule, beside: [asks] });
      const rig = await startAskingRig({ era: 'modern', holdSeconds: 1, spec });
      try {
        const alice = new TaskClient(await rig.token(), { elicitation: {} });
        const taskId = await alice.start(rig.url, TOOL, {});
        const first = await pending(rig);
        await decide(rig, { id: first.id, act: 'approve' });
        const asked = await alice.over(rig.url, taskId);
        const partial = { taskId, inputResponses: { other: {} } };
        await alice.about(rig.url, 'tasks/update', partial);
        const still = await alice.get(rig.url, taskId);
        await alice.about(rig.url, 'tasks/update', { taskId, inputResponses: ANSWER });
        if (reapproveOnInput) {
          const second = await pending(rig);
          expect(second.id).to.not.equal(first.id);
          expect((await alice.get(rig.url, taskId)).result?.statusMessage).to.include(second.id);
          await decide(rig, { id: second.id, act: 'approve' });
        }

        const ended = await alice.over(rig.url, taskId);

        expect(asked.status).to.equal('input_required');
        expect(asked).to.have.nested.property(
          'inputRequests.user_name.method',
          'elicitation/create',
        );
        expect(still.result?.status).to.equal('input_required');
        expect(ended.result?.content?.[0]?.text).to.equal('Hello, Ann!');
        expect(await verification(rig)).to.deep.equal(VERIFIED);
      } finally {
        await rig.close();
      }
    });
  }
});
