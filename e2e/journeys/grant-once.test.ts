import { expect } from 'chai';
import type { Fixture } from '#e2e/servers/serve.ts';
import {
  approvalsOf,
  approveNext,
  askingSpec,
  decide,
  pending,
  startAskingRig,
  stateOf,
  storyOf,
  untilState,
  VERIFIED,
  verification,
} from './approving.ts';
import type { Rig, Spec } from './rig.ts';
import { until } from './until.ts';
import { modernClient } from './waiting-clients.ts';
import { callTool, messageOf, modern, type Rpc, send } from './wire.ts';

const RACERS = 50;

/** Impatient clients: whoever finds no grant is told so at once. */
async function startImpatient(spec: Spec = askingSpec()): Promise<Rig<Fixture>> {
  return startAskingRig({ era: 'modern', holdSeconds: 0, spec });
}

async function refund(rig: Rig<Fixture>, amount: number, sub?: string): Promise<Rpc> {
  const asked = modern(await rig.token(sub), callTool('refund', { amount }));
  return messageOf(await send(rig.url, asked));
}

const wasRefunded = ({ result }: Rpc) =>
  result?.content?.[0]?.text?.startsWith('Refunded') === true;

/** Use and nonce of each spending in the evidence. */
async function spendings(rig: Rig<Fixture>): Promise<readonly string[]> {
  return (await rig.records())
    .filter(({ type }) => type === 'approval.consumed')
    .map(({ approval }) => `${approval?.nonce}/${approval?.use}`);
}

describe('a grant for one call', () => {
  let rig: Rig<Fixture>;
  before(async () => {
    rig = await startImpatient();
  });
  after(() => rig?.close());

  const executions = () => rig.server.journal.executions('refund');

  it('lets one of fifty racers through, and the server sees one', async () => {
    await refund(rig, 1);
    const { id } = await approveNext(rig);
    const asked = modern(await rig.token(), callTool('refund', { amount: 1 }));

    const racers = Array.from({ length: RACERS }, () => send(rig.url, asked));
    const answers = (await Promise.all(racers)).map(messageOf);

    expect(answers.filter(wasRefunded)).to.have.length(1);
    expect(executions()).to.equal(1);
    await untilState(rig, id, 'DONE');
    expect(await spendings(rig)).to.have.length(1);
    // The others ask anew, together.
    const { id: next } = await pending(rig);
    await decide(rig, { id: next, act: 'cancel', sub: 'alice' });
  });

  it('is for these arguments alone', async () => {
    const before = executions();
    await refund(rig, 2);
    const { id } = await approveNext(rig);

    const [more, other] = [await refund(rig, 2000), await refund(rig, 2, 'bob')];

    expect([more, other].some(wasRefunded)).to.equal(false);
    expect(executions()).to.equal(before);
    expect(await stateOf(rig, id)).to.equal('GRANTED');
    const waiting = (await approvalsOf(rig)).filter(({ state }) => state === 'PENDING');
    expect(waiting.map(({ requester }) => requester)).to.have.members(['alice', 'bob']);
    for (const each of waiting) {
      await decide(rig, { id: each.id, act: 'cancel', sub: each.requester });
    }
  });

  it('is worth nothing once it is taken back', async () => {
    const before = executions();
    await refund(rig, 3);
    const { id } = await approveNext(rig);
    const revoked = await decide(rig, { id, act: 'revoke', sub: 'dave' });

    const answer = await refund(rig, 3);

    expect(revoked.status).to.equal(200);
    expect(answer.result?.isError).to.equal(true);
    expect(answer.result?.content?.[0]?.text).to.include('taken back: journey: revoke');
    expect(executions()).to.equal(before);
    expect(await storyOf(rig, id)).to.deep.equal(['requested', 'voted', 'granted', 'revoked']);
  });

  it('leaves evidence that holds', async () => {
    expect(await verification(rig)).to.deep.equal(VERIFIED);
  });
});

describe('fifty calls that wait for one approval', () => {
  it('are one call to the server when it comes', async () => {
    const rig = await startAskingRig({ era: 'modern', holdSeconds: 30 });
    try {
      const asked = modern(await rig.token(), callTool('refund', { amount: 1 }));
      const done: Rpc[] = [];
      const racers = Array.from({ length: RACERS }, async () => {
        const answer = messageOf(await send(rig.url, asked));
        if (wasRefunded(answer)) done.push(answer);
        return answer;
      });
      await until('all of them there', async () => (await callsWaiting(rig)) === RACERS);
      const first = await approveNext(rig);
      await until('one of them through', () => done.length >= 1);
      const second = await pending(rig);
      await decide(rig, { id: second.id, act: 'deny' });

      const answers = await Promise.all(racers);

      expect(done).to.have.length(1);
      expect(rig.server.journal.executions('refund')).to.equal(1);
      expect(second.id).to.not.equal(first.id);
      const denied = answers.filter(({ result }) => result?.isError === true);
      expect(denied).to.have.length(RACERS - 1);
      expect(await spendings(rig)).to.have.length(1);
      expect(await verification(rig)).to.deep.equal(VERIFIED);
    } finally {
      await rig.close();
    }
  });
});

async function callsWaiting(rig: Rig<Fixture>): Promise<number> {
  const text = await (await fetch(`${rig.gatehouse.adminUrl}/metrics`)).text();
  return Number(/^gatehouse_calls_waiting (\d+)$/m.exec(text)?.[1]);
}

describe('a grant for a while', () => {
  it('lets through as many calls as it says, whatever their arguments, and no other tool', async () => {
    const approval = { scope: 'Window' as const, window: { ttl: '10m', maxUses: 3 } };
    const rig = await startImpatient(askingSpec({ approval, tools: ['refund', 'counter'] }));
    try {
      await refund(rig, 0);
      const { id } = await approveNext(rig);

      const amounts = [1, 2, 3, 4, 5, 6];
      const answers = await Promise.all(amounts.map((amount) => refund(rig, amount)));
      const counter = messageOf(
        await send(rig.url, modern(await rig.token(), callTool('counter'))),
      );

      expect(answers.filter(wasRefunded)).to.have.length(3);
      expect(rig.server.journal.executions('refund')).to.equal(3);
      expect(counter.result?.resultType).to.equal('input_required');
      expect(rig.server.journal.executions('counter')).to.equal(0);
      await untilState(rig, id, 'DONE');
      const uses = await spendings(rig);
      expect(uses.map((each) => each.split('/')[1]).toSorted()).to.deep.equal(['1', '2', '3']);
      expect(await verification(rig)).to.deep.equal(VERIFIED);
    } finally {
      await rig.close();
    }
  });
});

describe('a grant that takes two people', () => {
  it('comes with the second of them, and never from one person twice', async () => {
    const rig = await startAskingRig({
      era: 'modern',
      holdSeconds: 30,
      approval: { quorum: 2 },
    });
    try {
      const call = refund(rig, 1);
      const { id, missing } = await pending(rig);
      const first = await decide(rig, { id, act: 'approve' });
      const again = await decide(rig, { id, act: 'approve' });
      const before = [await stateOf(rig, id), rig.server.journal.executions('refund')];
      await decide(rig, { id, act: 'approve', sub: 'dave' });

      const answer = await call;

      expect([missing, first.body.missing]).to.deep.equal([2, 1]);
      expect(again.status).to.not.equal(200);
      expect(before).to.deep.equal(['PENDING', 0]);
      expect(wasRefunded(answer)).to.equal(true);
      const consumed = (await rig.records()).find(({ type }) => type === 'approval.consumed');
      expect(consumed?.approval?.approvers).to.have.members(['carol', 'dave']);
      expect(await verification(rig)).to.deep.equal(VERIFIED);
    } finally {
      await rig.close();
    }
  });
});

describe('an approval that nobody gives, and a grant that nobody spends', () => {
  it('run out, and the call is told or asks anew', async () => {
    const approval = { pendingTtl: '30s', grantTtl: '10s' };
    const rig = await startAskingRig({ era: 'modern', approval });
    try {
      const leaving = new AbortController();
      const unspent = modern(await rig.token('bob'), callTool('refund', { amount: 2 }));
      const left = send(rig.url, { ...unspent, signal: leaving.signal }).catch(() => 'gone');
      const granted = await pending(rig);
      leaving.abort();
      await left;
      await rig.concluded('tool:refund');
      await decide(rig, { id: granted.id, act: 'approve' });
      const client = await modernClient(rig.url, await rig.token());
      const call = client.call('refund', { amount: 1 });
      const undecided = await pending(rig);

      const answer = await call;
      await client.close();

      expect(answer.text).to.include(`${undecided.id} was not given in time`);
      expect(await stateOf(rig, granted.id)).to.equal('EXPIRED');
      const last = async () => (await storyOf(rig, undecided.id)).at(-1);
      await until('its end on record', async () => (await last()) === 'expired');
      expect(await storyOf(rig, undecided.id)).to.deep.equal(['requested', 'expired']);
      expect((await storyOf(rig, granted.id)).at(-1)).to.equal('expired');
      expect(rig.server.journal.executions('refund')).to.equal(0);
      expect(await verification(rig)).to.deep.equal(VERIFIED);
    } finally {
      await rig.close();
    }
  }).timeout(120_000);
});
