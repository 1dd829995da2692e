import { expect } from 'chai';
import { principal } from '#core/approvals/approvals.testkit.ts';
import { MAX_ROUNDS } from './approval-rounds.ts';
import { ALICE, askingWith, Ladder, refusalOf, roundOf } from './ladder.testkit.ts';

const MINUTES = 60_000;
const ARGUMENTS = { arguments: { amount: 10 } };

/** Nobody decides while it waits, so each call is sent home with a round at once. */
const impatient = () => new Ladder({ holdSeconds: 0 });

async function firstRound(ladder: Ladder, params: object = ARGUMENTS) {
  return roundOf(await ladder.climb({ params: { ...params } }).obtained);
}

describe('a round of waiting', () => {
  it('brings the client back to the same request', async () => {
    const ladder = impatient();
    const round = await firstRound(ladder);

    const next = await ladder.climb({ params: { ...ARGUMENTS, ...round } }).obtained;

    expect(refusalOf(next).code).to.equal('approval_round');
    expect(await ladder.states()).to.deep.equal(['PENDING']);
  });

  it('ends in the call that was approved, and the server hears nothing of it', async () => {
    const ladder = impatient();
    const round = await firstRound(ladder);
    await ladder.decide();

    const call = ladder.climb({ params: { ...ARGUMENTS, ...round } });

    expect((await call.obtained).kind).to.equal('granted');
    expect(call.forServer).to.include('"amount":10').and.not.include('requestState');
  });

  it('is taken once', async () => {
    const ladder = impatient();
    const params = { ...ARGUMENTS, ...(await firstRound(ladder)) };

    const codes = await Promise.all([
      ladder.climb({ params }).obtained,
      ladder.climb({ params }).obtained,
    ]);
    const late = await ladder.climb({ params }).obtained;

    expect(codes.map((each) => refusalOf(each).code)).to.have.members([
      'approval_round',
      'state_invalid',
    ]);
    expect(refusalOf(late).reason).to.equal(
      'params.requestState: this round has been taken already',
    );
  });

  it('is of no use to a call with other arguments', async () => {
    const ladder = impatient();
    const round = await firstRound(ladder);
    await ladder.decide();

    const params = { arguments: { amount: 1000 }, ...round };
    const { code, reason } = refusalOf(await ladder.climb({ params }).obtained);

    expect(code).to.equal('approval_refused');
    expect(reason).to.include('call again without requestState');
    expect(await ladder.states()).to.deep.equal(['GRANTED']);
  });

  it('is of no use to another principal', async () => {
    const ladder = impatient();
    const params = { ...ARGUMENTS, ...(await firstRound(ladder)) };

    expect(() => ladder.climb({ params, by: principal('mallory') })).to.throw('state_invalid');
  });

  it('hears that its request has expired, instead of asking people anew', async () => {
    const ladder = impatient();
    const round = await firstRound(ladder);
    ladder.now += 16 * MINUTES;

    const { reason } = refusalOf(
      await ladder.climb({ params: { ...ARGUMENTS, ...round } }).obtained,
    );

    expect(reason).to.include('not given in time');
    expect(await ladder.states()).to.deep.equal(['EXPIRED']);
  });

  it('hears that its request was cancelled', async () => {
    const ladder = impatient();
    const round = await firstRound(ladder);
    const { request } = await ladder.asked();
    await ladder.store.cancel(request.id, request.requester);

    const { reason } = refusalOf(
      await ladder.climb({ params: { ...ARGUMENTS, ...round } }).obtained,
    );

    expect(reason).to.include('cancelled by its requester');
  });

  it('is followed by a result before clients count too many', async () => {
    const ladder = impatient();
    const codes: string[] = [];
    let params: object = ARGUMENTS;
    for (let leg = 0; leg <= MAX_ROUNDS; leg += 1) {
      const obtained = await ladder.climb({ params: { ...params } }).obtained;
      codes.push(refusalOf(obtained).code);
      if (leg < MAX_ROUNDS) params = { ...ARGUMENTS, ...roundOf(obtained) };
    }

    expect(codes).to.deep.equal([...Array(MAX_ROUNDS).fill('approval_round'), 'approval_pending']);
  });

  it('keeps the state of the server and the answers to it, byte for byte', async () => {
    const ladder = impatient();
    const given = { kind: 'server', state: 'of the server' } as const;
    const target = { kind: 'prompt', name: 'pay' } as const;
    const first = { kind: 'request', id: 1, method: 'prompts/get', params: {}, target } as const;
    const state = ladder.gate.states.seal(given, first, ALICE, ladder.now / 1000) ?? never();
    const inputResponses = { confirm: { action: 'accept', content: { price: 1.25 } } };
    const answered = { ...ARGUMENTS, inputResponses, requestState: state };
    const round = await firstRound(ladder, answered);
    const { request } = await ladder.decide();

    // As SDK clients do: the state comes back, the answers do not.
    const call = ladder.climb({ params: { ...ARGUMENTS, ...round } });

    expect(await call.obtained).to.deep.equal({ kind: 'granted', approvalId: request.id });
    expect(JSON.parse(call.forServer).params).to.deep.equal({
      name: 'pay',
      ...ARGUMENTS,
      inputResponses,
      requestState: 'of the server',
    });
  });

  it('is not given where it could not carry what is for the server', async () => {
    const ladder = impatient();
    const params = { inputResponses: { text: 'x'.repeat(9000) } };

    expect(refusalOf(await ladder.climb({ params }).obtained).code).to.equal('approval_pending');
  });
});

function never(): never {
  throw new Error('there always is one');
}

describe('input that the client adds after an approval', () => {
  const INPUT = { inputResponses: { confirm: { ok: true } } };

  /** Approved, forwarded, and asked by the server for more: what the client carries back. */
  async function askedForMore(ladder: Ladder, params: object = ARGUMENTS) {
    const call = ladder.climb({ params: { ...params } });
    await ladder.decide();
    await call.obtained;
    const { approval, facts } = call.exchange;
    const approved =
      approval?.coversInput === true
        ? { approved: { approvalId: approval.id, nonce: ladder.gate.newId() } }
        : {};
    const carried = { kind: 'server', state: 'of the server', ...approved } as const;
    const asked = facts.request ?? never();
    return ladder.gate.states.seal(carried, asked, facts.principal, ladder.now / 1000) ?? never();
  }

  it('needs an approval of its own', async () => {
    const ladder = new Ladder();
    const requestState = await askedForMore(ladder);
    const params = { ...ARGUMENTS, ...INPUT, requestState };
    ladder.climb({ params });

    const { request } = await ladder.asked(2);
    ladder.stop();

    expect(request.preview).to.include('"confirm":{"ok":true}');
    expect(await ladder.states()).to.deep.equal(['PENDING', 'CONSUMED']);
  });

  it('goes on under the same approval where the policy says so, once for each question', async () => {
    const ladder = new Ladder({ spec: askingWith({ reapproveOnInput: false }) });
    const requestState = await askedForMore(ladder);
    const params = { ...ARGUMENTS, ...INPUT, requestState };

    const first = ladder.climb({ params });
    const [goneOn, again] = [await first.obtained, await ladder.climb({ params }).obtained];

    expect(goneOn.kind).to.equal('granted');
    expect(JSON.parse(first.forServer).params.requestState).to.equal('of the server');
    expect(refusalOf(again).code).to.equal('state_invalid');
    expect(await ladder.states()).to.deep.equal(['CONSUMED']);
  });

  it('needs another one when the arguments have changed with it', async () => {
    const ladder = new Ladder({ spec: askingWith({ reapproveOnInput: false }) });
    const requestState = await askedForMore(ladder);
    ladder.climb({ params: { arguments: { amount: 1000 }, ...INPUT, requestState } });

    await ladder.asked(2);
    ladder.stop();

    expect(await ladder.states()).to.deep.equal(['PENDING', 'CONSUMED']);
  });

  it('needs another one once the policy wants it', async () => {
    const ladder = new Ladder({ spec: askingWith({ reapproveOnInput: false }) });
    const requestState = await askedForMore(ladder);
    ladder.activate(askingWith({}));
    ladder.climb({ params: { ...ARGUMENTS, ...INPUT, requestState } });

    await ladder.asked(2);
    ladder.stop();

    expect(await ladder.states()).to.deep.equal(['PENDING', 'CONSUMED']);
  });
});
