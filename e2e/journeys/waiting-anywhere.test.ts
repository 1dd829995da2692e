import { expect } from 'chai';
import type { Gatehouse } from '#e2e/servers/gatehouse.ts';
import { askingSpec } from './approving.ts';
import { textOf } from './desk.ts';
import { type Relaying, startRelaying } from './relaying.ts';
import { decide, recordsIn, verify, waiting } from './replicas.ts';
import type { Spec } from './rig.ts';
import { until } from './until.ts';
import { legacyClient, modernClient, type WaitingClient } from './waiting-clients.ts';
import { callTool, messageOf, modern, type Rpc, send } from './wire.ts';

// Issue 6, point 3: each rung of the ladder, and the client is at another replica when it comes back.
describe('a modern call that waits behind two replicas', function () {
  this.timeout(60_000);
  let pair: Relaying;

  before(async () => {
    pair = await startRelaying({
      era: 'modern',
      spec: askingSpec(),
      holdSeconds: 1,
      oneServer: true,
    });
  });

  after(() => pair?.close());

  const token = (sub = 'alice') => pair.rig.token(sub, { audience: pair.url });
  const refund = async (at: Gatehouse, amount: number, more: object = {}): Promise<Rpc> => {
    const asked = callTool('refund', { amount });
    const params = { ...asked.params, ...more };
    return messageOf(await send(pair.at(at), modern(await token(), { ...asked, params })));
  };
  const executions = () => pair.servers[0].journal.executions('refund');

  it('goes on with a grant that it asked for at the other one', async () => {
    const round = await refund(pair.one, 10);
    const { id } = await waiting(pair, pair.two);
    await decide(pair, pair.two, id, 'approve');

    const answer = await refund(pair.two, 10);

    expect(round.result?.resultType).to.equal('input_required');
    expect(textOf(answer)).to.equal('Refunded 10.');
  });

  it('takes each round home to another replica, and each round once', async () => {
    const before = executions();
    const first = await refund(pair.one, 20);
    const second = await refund(pair.two, 20, { requestState: first.result?.requestState });
    const { id } = await waiting(pair, pair.one);
    await decide(pair, pair.one, id, 'approve');

    const answer = await refund(pair.one, 20, { requestState: second.result?.requestState });
    const replayed = await refund(pair.two, 20, { requestState: second.result?.requestState });

    expect(second.result?.resultType).to.equal('input_required');
    expect(textOf(answer)).to.equal('Refunded 20.');
    expect(replayed.error?.code, JSON.stringify(replayed)).to.equal(-32602);
    expect(executions() - before).to.equal(1);
  });

  it('is waited for by an SDK client that meets both without knowing', async () => {
    const given = [...pair.hop.given];
    const client = await modernClient(pair.url, await token());
    const call = client.call('refund', { amount: 30 });
    const { id } = await waiting(pair, pair.two);
    await until('rounds at both', () =>
      pair.hop.given.every((count, index) => count - (given[index] ?? 0) >= 3),
    );
    await decide(pair, pair.two, id, 'approve');

    const answer = await call;
    await client.close();

    expect(answer).to.deep.equal({ text: 'Refunded 30.', isError: false });
  });
});

describe('a legacy call that waits behind two replicas', function () {
  this.timeout(60_000);
  let pair: Relaying;
  let clients: WaitingClient[] = [];

  const start = async (holdSeconds: number): Promise<void> => {
    pair = await startRelaying({ era: 'legacy', spec: askingSpec(), holdSeconds, oneServer: true });
  };

  afterEach(async () => {
    for (const client of clients) await client.close();
    clients = [];
    await pair?.close();
  });

  const clientAt = async (url: string): Promise<WaitingClient> => {
    const client = await legacyClient(url, await pair.rig.token('alice', { audience: pair.url }));
    clients.push(client);
    return client;
  };

  it('is held with progress by the owner of its session, and approved at the other', async () => {
    await start(40);
    const heard: string[] = [];
    const client = await clientAt(pair.url);
    const onprogress = ({ message = '' }: { message?: string | undefined }) =>
      void heard.push(message);
    const call = client.call('refund', { amount: 10 }, { onprogress });
    const { id } = await waiting(pair, pair.two);
    await until('progress', () => heard.length > 0);
    await decide(pair, pair.two, id, 'approve');

    const answer = await call;

    expect(heard[0]).to.include(`Waiting for approval ${id}`);
    expect(answer).to.deep.equal({ text: 'Refunded 10.', isError: false });
  });

  it('attaches to one request from both, and its one grant is taken by whoever is next', async () => {
    await start(3);
    const one = await clientAt(pair.at(pair.one));
    const two = await clientAt(pair.at(pair.two));
    const pending = await one.call('refund', { amount: 20 });
    const again = await two.call('refund', { amount: 20 });
    const { id } = await waiting(pair, pair.one);
    await decide(pair, pair.one, id, 'approve');

    const granted = await two.call('refund', { amount: 20 });
    const next = await one.call('refund', { amount: 20 });

    expect([pending.approval?.id, again.approval?.id]).to.deep.equal([id, id]);
    expect(pending.approval?.url).to.match(/^http.+\/approvals\//);
    expect(granted.text).to.equal('Refunded 20.');
    expect(next.approval?.id).to.be.a('string').and.not.equal(id);
    expect(pair.servers[0].journal.executions('refund')).to.equal(1);
  });
});

type Ended = Rpc & { readonly endedAt: number };

const A_SECOND = 1000;
/** Of a machine that may stand still for a moment, which says nothing of the gateways. */
const TRIES = 5;

/** The shortest of some times, or the first that is short enough. */
async function quickest(attempt: (nth: number) => Promise<number>): Promise<number> {
  let millis = Number.POSITIVE_INFINITY;
  for (let nth = 0; nth < TRIES && millis >= A_SECOND; nth += 1) {
    millis = Math.min(millis, await attempt(nth));
  }
  return millis;
}

describe('calls that wait, and grants, at two replicas', function () {
  this.timeout(60_000);
  let pair: Relaying;
  const no = {
    name: 'no',
    effect: 'Deny',
    match: { tools: ['refund'] },
    when: ['args.amount > 0.0'],
  } as const;

  beforeEach(async () => {
    pair = await startRelaying({
      era: 'modern',
      spec: askingSpec(),
      holdSeconds: 40,
      oneServer: true,
    });
  });

  afterEach(() => pair?.close());

  const refund = async (at: Gatehouse, amount: number): Promise<Ended> => {
    const token = await pair.rig.token('alice', { audience: pair.url });
    const answer = await send(pair.at(at), modern(token, callTool('refund', { amount })));
    return { ...messageOf(answer), endedAt: performance.now() };
  };
  /** One at each; both wait for one request. */
  const waitAtBoth = async (amount: number) => {
    const calls = [refund(pair.one, amount), refund(pair.two, amount)];
    const { id } = await waiting(pair, pair.one);
    await until(
      'both wait',
      async () => (await waitingAt(pair.one)) + (await waitingAt(pair.two)) === 2,
    );
    return { calls, id };
  };
  /** A grant whose call has left: it waits for the identical one. */
  const grant = async (amount: number): Promise<string> => {
    const token = await pair.rig.token('alice', { audience: pair.url });
    const left = new AbortController();
    const asked = modern(token, callTool('refund', { amount }));
    const call = send(pair.at(pair.one), { ...asked, signal: left.signal }).catch(() => 'left');
    const { id } = await waiting(pair, pair.two);
    left.abort();
    expect(await call).to.equal('left');
    await until('nobody waits', async () => (await waitingAt(pair.one)) === 0);
    await decide(pair, pair.two, id, 'approve');
    return id;
  };
  const waitingAt = async ({ adminUrl }: Gatehouse): Promise<number> => {
    const text = await (await fetch(`${adminUrl}/metrics`)).text();
    return Number(/^gatehouse_calls_waiting(?:\{[^}]*\})? (\d+)$/m.exec(text)?.[1] ?? 0);
  };

  /** How long both take to be refused once `act` begins. */
  const refusedAfter = async (calls: readonly Promise<Ended>[], act: () => Promise<unknown>) => {
    const since = performance.now();
    await act();
    const answers = await Promise.all(calls);
    for (const { result } of answers) expect(result?.isError).to.equal(true);
    return Math.max(...answers.map(({ endedAt }) => endedAt - since));
  };
  const writeAtBoth = async (spec: Spec): Promise<void> => {
    const activations = () =>
      [pair.one, pair.two].map(({ child }) => child.output.split('"policy activated"').length);
    const before = activations();
    await pair.rig.writePolicy(spec);
    await until('both have it', () =>
      activations().every((count, at) => count > (before[at] ?? 0)),
    );
  };

  it('hear within a second that people said no', async () => {
    const millis = await quickest(async (nth) => {
      const { calls, id } = await waitAtBoth(10 + nth);
      return refusedAfter(calls, () => decide(pair, pair.two, id, 'deny'));
    });

    expect(millis).to.be.below(A_SECOND);
  });

  it('hear within a second that the policy denies them, and a grant is not spent under it', async () => {
    await grant(20);

    const millis = await quickest(async (nth) => {
      if (nth > 0) await writeAtBoth(askingSpec());
      const { calls, id } = await waitAtBoth(30 + nth);
      const took = await refusedAfter(calls, () => writeAtBoth(askingSpec({ beside: [no] })));
      await decide(pair, pair.one, id, 'deny');
      return took;
    });
    const spending = [await refund(pair.one, 20), await refund(pair.two, 20)];

    expect(millis).to.be.below(A_SECOND);
    for (const { result } of spending) expect(result?.isError).to.equal(true);
    expect(pair.servers[0].journal.executions('refund')).to.equal(0);
  });

  it('are refused a grant that was taken back at the other one, from then on', async () => {
    const id = await grant(40);

    await decide(pair, pair.two, id, 'revoke');
    const answers = await Promise.all([refund(pair.one, 40), refund(pair.two, 40)]);

    for (const answer of answers) expect(textOf(answer)).to.include('taken back');
    expect(pair.servers[0].journal.executions('refund')).to.equal(0);
    await pair.one.close();
    await pair.two.close();
    expect(await verify(pair)).to.deep.include({ verdict: 'verified', problems: [] });
    const types = (await recordsIn(pair)).map(({ type }) => type);
    expect(types).to.include('approval.revoked').and.not.include('approval.consumed');
  });
});
