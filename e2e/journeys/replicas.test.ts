import { readdir } from 'node:fs/promises';
import { expect } from 'chai';
import { freePort } from '#platform/process/free-port.fixture.ts';
import { textOf } from './desk.ts';
import {
  call,
  decide,
  type Replicas,
  rawCall,
  recordsIn,
  startReplicas,
  verify,
  waiting,
} from './replicas.ts';
import { until } from './until.ts';
import { messageOf, send } from './wire.ts';

// Issue 6, points 1 to 3: whatever one replica does the other knows, and Redis is where it is known.
describe('two replicas that share a Redis', function () {
  this.timeout(60_000);
  let pair: Replicas;

  beforeEach(async () => {
    pair = await startReplicas(8);
  });

  afterEach(() => pair.close());

  const executions = () => pair.rig.server.journal.executions('refund');

  it('let a call through that waits at one, once it is approved at the other', async () => {
    const answer = call(pair, pair.one, 'refund', { amount: 50.5 });
    const { id } = await waiting(pair, pair.two);

    const status = await decide(pair, pair.two, id, 'approve');

    expect(status).to.equal(200);
    expect(textOf(await answer)).to.equal('Refunded 50.5.');
    expect(executions()).to.equal(1);
    // Asked and spent in the log of one, voted in the log of the other.
    await pair.one.close();
    await pair.two.close();
    expect(await verify(pair)).to.deep.include({ code: 0, verdict: 'verified', problems: [] });
  });

  it('attach the identical call to the same request, whichever it meets', async () => {
    const first = call(pair, pair.one, 'refund', { amount: 60 });
    const { id } = await waiting(pair, pair.one);
    const second = call(pair, pair.two, 'refund', { amount: 60 });

    await until('both wait', async () => (await waiting(pair, pair.two)).id === id);
    await decide(pair, pair.one, id, 'deny');

    expect((await first).result?.isError).to.equal(true);
    expect((await second).result?.isError).to.equal(true);
    const requested = (await recordsIn(pair)).filter(({ type }) => type === 'approval.requested');
    expect(requested).to.have.length(1);
    expect(executions()).to.equal(0);
  });

  it('give one grant to one of fifty calls', async () => {
    const asking = call(pair, pair.one, 'refund', { amount: 70 });
    const { id } = await waiting(pair, pair.two);
    // Others wait for the same; whoever comes second asks anew, and nobody answers that.
    const racing = Array.from({ length: 49 }, (_, index) =>
      rawCall(pair.rig, index % 2 === 0 ? pair.two : pair.one, 'refund', { amount: 70 }),
    );
    await decide(pair, pair.one, id, 'approve');
    const heard = [await asking, ...(await Promise.all(racing)).map(messageOf)];

    expect(heard.filter((rpc) => textOf(rpc) === 'Refunded 70.')).to.have.length(1);
    expect(executions()).to.equal(1);
    const consumed = (await recordsIn(pair)).filter(({ type }) => type === 'approval.consumed');
    expect(consumed).to.have.length(1);
  });

  it('take a grant back everywhere', async () => {
    const first = call(pair, pair.one, 'refund', { amount: 80 });
    const { id } = await waiting(pair, pair.one);
    await decide(pair, pair.one, id, 'approve');
    await first;
    const again = call(pair, pair.one, 'refund', { amount: 80 });
    const next = await waiting(pair, pair.two);
    await decide(pair, pair.two, next.id, 'deny');
    await again;

    const third = await call(pair, pair.two, 'refund', { amount: 80 });

    expect(third.result?.isError).to.equal(true);
    expect(executions()).to.equal(1);
  });

  it('leave evidence that verifies as one, and sessions that read as one', async () => {
    await call(pair, pair.one, 'echo', { message: 'one' });
    await call(pair, pair.two, 'echo', { message: 'two' });
    await pair.one.close();
    await pair.two.close();

    const report = await verify(pair);
    const words = ['sessions', 'list', '--redis', pair.redis.url, '--json'];
    const { stdout } = await pair.rig.cli(...words);

    expect(report).to.include({ code: 0, verdict: 'verified', lanes: 2 });
    const calls = JSON.parse(stdout).map(({ calls: count }: { calls: number }) => count);
    expect(calls.reduce((sum: number, count: number) => sum + count, 0)).to.be.at.least(2);
    expect(await readdir(pair.rig.data)).not.to.include.members(['lanes', 'approvals']);
  });
});

describe('a console beside a gateway on Redis', function () {
  this.timeout(60_000);
  let pair: Replicas;

  afterEach(() => pair.close());

  it('reads sessions there, and opens its door', async () => {
    const port = await freePort();
    pair = await startReplicas(1, ['--console', `127.0.0.1:${port}`]);

    const { status } = await send(`http://localhost:${port}/`, { method: 'GET', headers: [] });

    // Whoever is not signed in is asked to be.
    expect(status).to.equal(401);
    expect(pair.rig.log()).to.include('console ready');
  });
});

describe('a Redis that dies while calls run', function () {
  this.timeout(90_000);
  let pair: Replicas;

  beforeEach(async () => {
    pair = await startReplicas(8);
  });

  afterEach(() => pair.close());

  it('makes calls refused, lets none be carried out unrecorded, and all goes on when it is back', async () => {
    let isOver = false;
    let count = 0;
    const heard = { answered: 0, refused: 0 };
    const clients = [pair.one, pair.two, pair.one, pair.two].map(async (at) => {
      while (!isOver) {
        count += 1;
        const { status, text } = await rawCall(pair.rig, at, 'echo', { message: `m${count}` });
        const isAnswered =
          status === 200 && text.includes('"content"') && !text.includes('evidence');
        heard[isAnswered ? 'answered' : 'refused'] += 1;
      }
    });
    await until('calls that are answered', () => heard.answered > 20);

    await pair.redis.kill();
    await until('calls that are refused', () => heard.refused > 5);
    const refused = await rawCall(pair.rig, pair.one, 'refund', { amount: 90 });
    await pair.redis.start();
    const before = heard.answered;
    await until('calls that are answered again', () => heard.answered > before + 20);
    isOver = true;
    await Promise.all(clients);
    await pair.one.close();
    await pair.two.close();

    expect(refused.text).to.include('evidence');
    expect(pair.rig.server.journal.executions('refund')).to.equal(0);
    const records = await recordsIn(pair);
    const intents = records.filter(
      ({ type, message }) => type === 'intent' && message?.target === 'tool:echo',
    );
    expect(intents.length).to.be.at.least(pair.rig.server.journal.executions('echo'));
    const types = new Set(records.map(({ type }) => type));
    expect([...types]).to.include.members(['degraded.enter', 'degraded.exit']);
    expect(await verify(pair)).to.deep.include({ code: 0, verdict: 'verified', problems: [] });
  });
});
