import { expect } from 'chai';
import {
  approver,
  ballot,
  FINANCE,
  MCP,
  principal,
  request,
  T0,
  TERMS,
  TRUSTED,
} from './approvals.testkit.ts';
import { caller, DeskBench, REASON } from './desk.testkit.ts';
import { isGrantGenuine } from './grant.ts';

const alice = caller('alice');
const bob = caller('bob');
const carol = caller('carol');

function twoNeeded(name: string) {
  return request(name, { terms: { ...TERMS, needs: [{ ...FINANCE, quorum: 2 }] } });
}

describe('the desk', () => {
  let bench: DeskBench;
  let id: string;

  beforeEach(async () => {
    bench = new DeskBench();
    id = await bench.ask('1');
  });

  it('grants what an approver approves, signed within the terms, and says so', async () => {
    const answer = await bench.desk.decide(bob, { id, act: 'approve', reason: REASON });

    if (!answer.ok || answer.value.state !== 'GRANTED') throw new Error('not granted');
    expect(isGrantGenuine(answer.value.grant, TRUSTED)).to.equal(true);
    expect(answer.value.grant).to.deep.include({ maxUses: 1, expiresAtMillis: T0 + 300_000 });
    expect(bench.records.map(({ approval }) => approval)).to.deep.include.members([
      { ...votedFacts(id), state: 'PENDING' },
    ]);
    expect(bench.story).to.deep.equal(['approval.voted bob', 'approval.granted']);
  });

  it('waits for the quorum', async () => {
    const two = await bench.ask('2', twoNeeded('2'));

    await bench.decide(bob, 'approve', two);
    const half = await bench.stateOf(two);
    await bench.decide(carol, 'approve', two);

    expect([half, await bench.stateOf(two)]).to.deep.equal(['PENDING', 'GRANTED']);
    expect(bench.story).to.deep.equal([
      'approval.voted bob',
      'approval.voted carol',
      'approval.granted',
    ]);
  });

  it('ends a request that is denied', async () => {
    expect(await bench.decide(bob, 'deny', id)).to.equal('ok');

    expect(await bench.stateOf(id)).to.equal('DENIED');
    expect(bench.story).to.deep.equal(['approval.voted bob', 'approval.denied bob']);
  });

  it('takes a grant back', async () => {
    await bench.decide(bob, 'approve', id);

    expect(await bench.decide(carol, 'revoke', id)).to.equal('ok');

    expect(await bench.stateOf(id)).to.equal('REVOKED');
    expect(bench.story.at(-1)).to.equal('approval.revoked carol');
  });

  it('cancels for whoever asked, with or without a reason', async () => {
    const other = await bench.ask('2');

    expect(await bench.decide(alice, 'cancel', id, 'sent by mistake')).to.equal('ok');
    expect(await bench.desk.decide(alice, { id: other, act: 'cancel' })).to.include({ ok: true });

    expect(bench.records.map(({ approval }) => approval?.reason)).to.deep.equal([
      'sent by mistake',
      undefined,
    ]);
    expect(bench.story).to.deep.equal(['approval.cancelled', 'approval.cancelled']);
  });
});

function votedFacts(id: string) {
  return {
    id,
    binding: request('1').binding,
    rule: 'payments/refunds',
    scope: 'Call',
    target: 'tool:refund',
    approverIssuer: principal('bob').issuer,
    approver: 'bob',
    choice: 'approve',
    reason: REASON,
  };
}

describe('what a reader sees at the desk', () => {
  const legal = { ...FINANCE, approval: 'legal', groups: ['legal'] };

  async function ready() {
    const bench = new DeskBench();
    const finance = await bench.ask('1');
    const forLegal = await bench.ask('2', request('2', { terms: { ...TERMS, needs: [legal] } }));
    return { bench, finance, forLegal };
  }

  it('is what they may decide, newest first', async () => {
    const { bench, finance } = await ready();
    const both = caller('zoe', { groups: ['finance', 'legal'] });

    const mine = await bench.desk.list(bob, { limit: 10 });
    const all = await bench.desk.list(both, { limit: 10 });
    const one = await bench.desk.list(both, { limit: 1 });

    expect(idsOf(mine)).to.deep.equal([finance]);
    expect(idsOf(all)).to.have.length(2);
    expect(idsOf(one)).to.deep.equal(idsOf(all).slice(0, 1));
  });

  it('is what they asked for', async () => {
    const { bench, forLegal } = await ready();

    expect(idsOf(await bench.desk.list(alice, { limit: 10 }))).to.have.length(2);
    expect(await bench.desk.show(alice, forLegal)).to.include({ ok: true });
  });

  it('is what is in the states they name', async () => {
    const { bench, finance } = await ready();
    await bench.decide(bob, 'deny', finance);

    expect(idsOf(await bench.desk.list(bob, { states: ['PENDING'], limit: 10 }))).to.deep.equal([]);
    expect(idsOf(await bench.desk.list(bob, { states: ['DENIED'], limit: 10 }))).to.deep.equal([
      finance,
    ]);
  });

  it('is never crowded out by what others ask', async () => {
    const bench = new DeskBench();
    const own = request('own', { by: principal('zoe') });
    await bench.ask('own', own);
    for (let count = 0; count < 1023; count += 1) {
      const asked = request(`${count}`, { by: principal(`p-${Math.floor(count / 16)}`) });
      await bench.ask(asked.id, asked);
      if (count < 512) await bench.store.vote(asked.id, ballot(asked, approver('bob'), 'deny'));
    }

    const seen = await bench.desk.list(caller('zoe', { groups: [] }), { limit: 10 });

    expect(idsOf(seen)).to.deep.equal([own.id]);
  });

  it('is nothing else', async () => {
    const { bench, forLegal } = await ready();

    expect(await bench.desk.show(bob, forLegal)).to.include({ ok: false, code: 'not_an_approver' });
    expect(await bench.desk.show(bob, 'request-none')).to.include({ ok: false, code: 'unknown' });
  });

  it('is nothing with a token that is not for approvals', async () => {
    const { bench, finance } = await ready();
    const agent = caller('bob', { claims: { aud: MCP } });

    expect(await bench.desk.list(agent, { limit: 10 })).to.include({ code: 'audience_wrong' });
    expect(await bench.desk.show(agent, finance)).to.include({ code: 'audience_wrong' });
    expect(bench.records).to.deep.equal([]);
  });
});

function idsOf(answer: Awaited<ReturnType<DeskBench['desk']['list']>>): readonly string[] {
  if (!answer.ok) throw new Error(answer.code);
  return answer.value.map(({ request: { id } }) => id);
}
