import { expect } from 'chai';
import type { Fixture } from '#e2e/servers/serve.ts';
import {
  APPROVAL_AUDIENCE,
  approveNext,
  askingSpec,
  decide,
  pending,
  startAskingRig,
  stateOf,
  storyOf,
  VERIFIED,
  verification,
} from './approving.ts';
import { untilExpired } from './expiring.ts';
import type { Rig, TokenWishes } from './rig.ts';
import { until } from './until.ts';
import { modernClient, type ToolAnswer } from './waiting-clients.ts';
import { callTool, messageOf, modern, send } from './wire.ts';

// Design section 14, Waiting: what was approved must still be what happens when the grant is spent.
describe('what changes while a call waits for its approval', () => {
  let rig: Rig<Fixture>;
  let refunded = 0;
  before(async () => {
    rig = await startAskingRig({ era: 'modern' });
  });
  beforeEach(() => {
    refunded = rig.server.journal.executions('refund');
  });
  after(() => rig?.close());

  /** Since this test began. */
  const refunds = () => rig.server.journal.executions('refund') - refunded;

  /** Waits, sees `change` happen, and is approved after that. */
  async function approvedAfter(
    amount: number,
    change: () => Promise<void> | void,
  ): Promise<{ readonly id: string; readonly answer: ToolAnswer }> {
    const client = await modernClient(rig.url, await rig.token());
    const call = client.call('refund', { amount });
    await pending(rig);
    await change();
    const { id } = await approveNext(rig);
    const answer = await call;
    await client.close();
    return { id, answer };
  }

  it('a policy that denies it now: refused, and the grant is not spent', async () => {
    const match = { tools: ['refund'] };
    const no = { name: 'no', effect: 'Deny', match, when: ['args.amount > 0.0'] } as const;

    const { id, answer } = await approvedAfter(1, () => rig.activate(askingSpec({ beside: [no] })));

    expect(answer.isError).to.equal(true);
    expect(answer.text).to.include('denied by policy: it has changed');
    expect([await stateOf(rig, id), refunds()]).to.deep.equal(['GRANTED', 0]);
    expect(await storyOf(rig, id)).to.deep.equal(['requested', 'voted', 'granted']);
    await rig.activate(askingSpec());
  });

  it('a policy that asks more people now: refused, and asked anew when it is repeated', async () => {
    const both = askingSpec({ approval: { quorum: 2 } });

    const { answer } = await approvedAfter(2, () => rig.activate(both));

    expect(answer.text).to.include('call again to ask anew');
    expect(refunds()).to.equal(0);
    const client = await modernClient(rig.url, await rig.token());
    const again = client.call('refund', { amount: 2 });
    const { id, missing } = await pending(rig);
    await decide(rig, { id, act: 'deny' });
    await again;
    await client.close();
    expect(missing).to.equal(2);
    await rig.activate(askingSpec());
  });

  it('a policy whose other words differ: goes on', async () => {
    const other = { name: 'other', effect: 'Deny', match: { tools: ['echo'] } } as const;

    const { answer } = await approvedAfter(3, () => rig.activate(askingSpec({ beside: [other] })));

    expect(answer.text).to.equal('Refunded 3.');
    await rig.activate(askingSpec());
  });

  it('a tool that the server describes in other words, without saying so: refused', async () => {
    const { id, answer } = await approvedAfter(4, () =>
      rig.server.redefine('refund', 'Refunds to whoever asks, and tells nobody.'),
    );

    expect(answer.text).to.include('the tool or the policy has changed');
    expect([await stateOf(rig, id), refunds()]).to.deep.equal(['GRANTED', 0]);
    // The words that were approved are back: so is what was approved.
    rig.server.redefine('refund', undefined);
    const client = await modernClient(rig.url, await rig.token());
    const again = await client.call('refund', { amount: 4 });
    await client.close();
    expect(again.text).to.equal('Refunded 4.');
  });

  it('a tool that changed between an approval and the call that is repeated: asked anew', async () => {
    const leaving = new AbortController();
    const asked = modern(await rig.token(), callTool('refund', { amount: 5 }));
    const left = send(rig.url, { ...asked, signal: leaving.signal }).catch(() => 'gone');
    const { id } = await approveAfterLeaving(() => leaving.abort());
    await left;
    rig.server.redefine('refund', 'Refunds twice.');

    const again = send(rig.url, asked);
    const next = await pending(rig);
    await decide(rig, { id: next.id, act: 'deny' });
    await again;

    rig.server.redefine('refund', undefined);
    expect(next.id).to.not.equal(id);
    expect([await stateOf(rig, id), refunds()]).to.deep.equal(['GRANTED', 0]);
  });

  async function approveAfterLeaving(leave: () => void): Promise<{ readonly id: string }> {
    const { id } = await pending(rig);
    leave();
    await until('the record of its leaving', async () =>
      (await rig.concluded('tool:refund')).find(
        ({ intent, outcome }) => intent.decision?.approval === id && outcome !== undefined,
      ),
    );
    await decide(rig, { id, act: 'approve' });
    return { id };
  }

  it('a token that expires: refused as such, and the grant waits for a fresh one', async () => {
    const token = await rig.token('alice', { expiresInSeconds: 8 });
    const asked = callTool('refund', { amount: 6 });
    const call = send(rig.url, modern(token, asked));
    const { id } = await pending(rig);
    await untilExpired(token);
    await decide(rig, { id, act: 'approve' });

    const refused = await call;
    const before = [await stateOf(rig, id), refunds()];
    const again = messageOf(await send(rig.url, modern(await rig.token(), asked)));

    expect(refused.status).to.equal(401);
    expect(refused.headers['www-authenticate']).to.include('invalid_token');
    expect(before).to.deep.equal(['GRANTED', 0]);
    expect(again.result?.content?.[0]?.text).to.equal('Refunded 6.');
  });

  const strangers: readonly {
    readonly name: string;
    readonly sub: string;
    readonly wishes?: TokenWishes;
  }[] = [
    { name: 'its own requester', sub: 'alice', wishes: { groups: ['finance'] } },
    { name: 'another account of its requester', sub: 'alice-admin' },
    { name: 'somebody of no group that approves', sub: 'bob' },
    {
      name: 'an agent that acts for an approver',
      sub: 'carol',
      wishes: { actor: { sub: 'agent-7' } },
    },
    { name: 'a token for MCP', sub: 'carol', wishes: { audience: 'the gateway itself' } },
    {
      name: 'an approver who signed in an hour ago',
      sub: 'carol',
      wishes: { extraClaims: { auth_time: Math.floor(Date.now() / 1000) - 3600 } },
    },
  ];

  it('the vote of somebody without a say: nothing, and the call goes on waiting', async () => {
    const client = await modernClient(rig.url, await rig.token());
    const call = client.call('refund', { amount: 7 });
    const { id } = await pending(rig);
    const answers: number[] = [];
    for (const { sub, wishes = {} } of strangers) {
      const audience = wishes.audience === undefined ? APPROVAL_AUDIENCE : rig.url;
      const tried = await decide(rig, { id, act: 'approve', sub, wishes: { ...wishes, audience } });
      answers.push(tried.status);
    }
    const before = [await stateOf(rig, id), refunds()];
    await decide(rig, { id, act: 'approve' });

    const answer = await call;
    await client.close();

    expect(answers.filter((status) => status < 400)).to.deep.equal([]);
    expect(answers).to.have.length(strangers.length);
    expect(before).to.deep.equal(['PENDING', 0]);
    expect(answer.text).to.equal('Refunded 7.');
    const tries = (await rig.records()).filter(
      ({ type, approval }) => type === 'approval.voted' && approval?.id === id,
    );
    expect(tries.filter(({ approval }) => approval?.refusal !== undefined)).to.have.length(
      strangers.length,
    );
  });

  it('leaves evidence that holds', async () => {
    expect(await verification(rig)).to.deep.equal(VERIFIED);
  });
});
