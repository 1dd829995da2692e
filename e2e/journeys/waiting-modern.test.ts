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
import type { Rig } from './rig.ts';
import { until } from './until.ts';
import { modernClient, type WaitingClient } from './waiting-clients.ts';
import { callTool, messageOf, modern, open, send } from './wire.ts';

const ROUNDS = 'test_input_required_result_request_state';
const SPENT = ['requested', 'voted', 'granted', 'consumed'];

describe('a call of a modern client that needs an approval', () => {
  let rig: Rig<Fixture>;
  let client: WaitingClient;
  let refunded = 0;
  before(async () => {
    rig = await startAskingRig({ era: 'modern', holdSeconds: 1 });
    client = await modernClient(rig.url, await rig.token());
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

  it('is held, and goes on once somebody else has approved it', async () => {
    const call = client.call('refund', { amount: 1 });
    const asked = await pending(rig);
    const before = refunds();
    await decide(rig, { id: asked.id, act: 'approve' });

    const answer = await call;

    await untilState(rig, asked.id, 'DONE');
    expect([before, refunds()]).to.deep.equal([0, 1]);
    expect(answer).to.deep.equal({ text: 'Refunded 1.', isError: false });
    expect(await storyOf(rig, asked.id)).to.deep.equal(SPENT);
    const exchange = (await rig.concluded('tool:refund')).at(-1);
    expect(exchange?.intent.decision).to.include({ approval: asked.id, effect: 'RequireApproval' });
    expect(exchange?.outcome?.outcome?.status).to.equal('ok');
    const order = exchange?.all.map(({ type }) => type);
    expect(order?.slice(-3)).to.deep.equal(['approval.consumed', 'intent', 'outcome']);
  });

  it('goes round after round by itself until then', async () => {
    const call = client.call('refund', { amount: 2 });
    const { id } = await pending(rig);
    const legs = async () =>
      (await rig.concluded('tool:refund')).filter(({ intent }) => intent.decision?.approval === id);
    await until('two rounds', async () => (await legs()).length >= 2);
    await decide(rig, { id, act: 'approve' });

    const answer = await call;

    expect(answer.text).to.equal('Refunded 2.');
    expect(refunds()).to.equal(1);
    expect(await storyOf(rig, id)).to.deep.equal(SPENT);
    expect((await legs())[0]?.outcome?.outcome).to.include({ refusal: 'approval_round' });
    // The server never hears of our rounds.
    const bodies = rig.server.journal.read().requests.map(({ bodyBase64 }) => bodyBase64);
    const texts = bodies.map((each) => Buffer.from(each, 'base64').toString('utf8'));
    expect(texts.filter((text) => text.includes('requestState'))).to.deep.equal([]);
  });

  it('hears no, with the reason, in whatever round it is, and again when it is repeated', async () => {
    const call = client.call('refund', { amount: 3 });
    const { id } = await pending(rig);
    await decide(rig, { id, act: 'deny' });

    const [denied, again] = [await call, await client.call('refund', { amount: 3 })];

    expect(denied.isError).to.equal(true);
    expect(denied.text).to.include('denied: journey: deny');
    expect(again.text).to.equal(denied.text);
    expect(refunds()).to.equal(0);
    expect(await storyOf(rig, id)).to.deep.equal(['requested', 'voted', 'denied']);
  });

  it('takes each round once, whoever sends it again', async () => {
    const token = await rig.token();
    const asked = callTool('refund', { amount: 4 });
    const { result: round } = messageOf(await send(rig.url, modern(token, asked)));
    const params = { ...asked.params, requestState: round?.requestState };
    const replay = () => send(rig.url, modern(token, { method: 'tools/call', params }));
    await approveNext(rig);

    const answers = (await Promise.all([replay(), replay(), replay()])).map(messageOf);

    const done = answers.filter(({ result }) => result !== undefined);
    expect(done.map(({ result }) => result?.content?.[0]?.text)).to.deep.equal(['Refunded 4.']);
    expect(answers.flatMap(({ error }) => error?.message ?? [])).to.deep.equal(
      Array(2).fill('params.requestState: this round has been taken already'),
    );
    expect(refunds()).to.equal(1);
  });

  it('gets no further with the round of another call, or of somebody else', async () => {
    const [alice, bob] = [await rig.token(), await rig.token('bob')];
    const asked = callTool('refund', { amount: 5 });
    const { result: round } = messageOf(await send(rig.url, modern(alice, asked)));
    await approveNext(rig);
    const back = async (token: string, amount: number) => {
      const params = { ...asked.params, arguments: { amount }, requestState: round?.requestState };
      return messageOf(await send(rig.url, modern(token, { method: 'tools/call', params })));
    };

    const [foreign, changed] = [await back(bob, 5), await back(alice, 5000)];

    expect(foreign.error?.message).to.include('not one that was given for this request');
    expect(changed.result?.isError).to.equal(true);
    expect(changed.result?.content?.[0]?.text).to.include('call again without requestState');
    expect(refunds()).to.equal(0);
  });

  it('gets a result with an address when it runs out of rounds, and goes on when repeated', async () => {
    const [first, asked] = [client.call('refund', { amount: 7 }), await pending(rig)];
    const { isError, text, approval } = await first;
    await decide(rig, { id: asked.id, act: 'approve' });

    const again = await client.call('refund', { amount: 7 });

    expect(isError).to.equal(true);
    expect(text).to.include('Retry the identical call after it is approved');
    expect(approval).to.deep.include({
      id: asked.id,
      url: `${rig.gatehouse.adminUrl}/approvals/${asked.id}`,
    });
    expect(again.text).to.equal('Refunded 7.');
    expect(refunds()).to.equal(1);
  });

  it('leaves evidence that holds', async () => {
    expect(await verification(rig)).to.deep.equal(VERIFIED);
  });
});

describe('a call of a modern client that is held for as long as that bears', () => {
  let rig: Rig<Fixture>;
  before(async () => {
    rig = await startAskingRig({ era: 'modern' });
  });
  after(() => rig?.close());

  const refunds = () => rig.server.journal.executions('refund');

  it('is never forwarded once its client has gone; the grant waits for the identical one', async () => {
    const leaving = new AbortController();
    const asked = modern(await rig.token(), callTool('refund', { amount: 6 }));
    const gone = open(rig.url, { ...asked, signal: leaving.signal }).catch(() => 'gone');
    const { id } = await pending(rig);
    leaving.abort();
    await gone;
    const left = await until('the record of its leaving', async () =>
      (await rig.concluded('tool:refund')).find(
        ({ intent, outcome }) => intent.decision?.approval === id && outcome !== undefined,
      ),
    );
    await decide(rig, { id, act: 'approve' });
    const before = [await stateOf(rig, id), refunds()];

    const answer = messageOf(await send(rig.url, asked));

    expect(left.outcome?.outcome?.status).to.equal('disconnected');
    expect(before).to.deep.equal(['GRANTED', 0]);
    expect(answer.result?.content?.[0]?.text).to.equal('Refunded 6.');
    expect(refunds()).to.equal(1);
  });
});

describe('a tool that asks its user for more, under an approval', function () {
  this.timeout(60_000);
  const asks = {
    name: 'asks',
    effect: 'Allow',
    match: { methods: ['elicitation/create'] },
  } as const;
  const answering = async (rig: Rig<Fixture>) =>
    modernClient(rig.url, await rig.token(), () => ({ ok: true }));

  it('needs an approval for the answer too, and gets state and answer after rounds of waiting', async () => {
    const tools = [ROUNDS];
    const rig = await startAskingRig({ era: 'modern', holdSeconds: 1, tools, beside: [asks] });
    try {
      const client = await answering(rig);
      const call = client.call(ROUNDS);
      const first = await approveNext(rig);
      const second = await pending(rig);
      // The second request waits for longer than one leg bears.
      const count = async () => (await rig.concluded(`tool:${ROUNDS}`)).length;
      await until('a round of the second', async () => (await count()) >= 3);
      await decide(rig, { id: second.id, act: 'approve' });

      const answer = await call;
      await client.close();

      expect(answer).to.deep.equal({ text: 'state-ok', isError: false });
      expect(await storyOf(rig, first.id)).to.deep.equal(SPENT);
      expect(await storyOf(rig, second.id)).to.deep.equal(SPENT);
      expect(await verification(rig)).to.deep.equal(VERIFIED);
    } finally {
      await rig.close();
    }
  });

  it('goes on under the first one where the policy says so', async () => {
    const rig = await startAskingRig({
      era: 'modern',
      holdSeconds: 1,
      tools: [ROUNDS],
      rule: { reapproveOnInput: false },
      beside: [asks],
    });
    try {
      const client = await answering(rig);
      const call = client.call(ROUNDS);
      const { id } = await approveNext(rig);

      const answer = await call;
      await client.close();

      expect(answer).to.deep.equal({ text: 'state-ok', isError: false });
      expect(await storyOf(rig, id)).to.deep.equal(SPENT);
      const both = await rig.concluded(`tool:${ROUNDS}`, 2);
      const ids = both.map(({ intent }) => intent.decision?.approval);
      expect(new Set(ids).size).to.equal(1);
      expect(await verification(rig)).to.deep.equal(VERIFIED);
    } finally {
      await rig.close();
    }
  });
});
