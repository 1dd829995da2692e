import { expect } from 'chai';
import { principal } from '#core/approvals/approvals.testkit.ts';
import { Slots } from '#core/limiter.ts';
import { askingWith, Ladder, refusalOf } from './ladder.testkit.ts';
import { MAX_HELD_PER_PRINCIPAL } from './patience.ts';

const LEGACY = { revision: '2025-11-25' } as const;
const MINUTES = 60_000;

describe('a call that needs an approval', () => {
  it('waits, and goes on once it is approved', async () => {
    const ladder = new Ladder();
    const call = ladder.climb();
    const { request } = await ladder.decide();

    const obtained = await call.obtained;

    expect(obtained).to.deep.equal({ kind: 'granted', approvalId: request.id });
    expect(call.exchange.approval?.id).to.equal(request.id);
    expect(await ladder.states()).to.deep.equal(['CONSUMED']);
  });

  it('has its request and its spending on record, each under its exchange, before it goes on', async () => {
    const ladder = new Ladder();
    const call = ladder.climb();
    await ladder.decide();
    await call.obtained;

    const records = ladder.records();

    expect(records.map(({ type, exchange }) => ({ type, exchange }))).to.deep.equal([
      { type: 'approval.requested', exchange: call.exchange.facts.id },
      { type: 'approval.consumed', exchange: call.exchange.facts.id },
    ]);
    expect(records.at(-1)?.approval).to.include({ state: 'CONSUMED', use: 1 });
  });

  it('goes on at once where a grant waits for it, and spends it', async () => {
    const ladder = new Ladder({ holdSeconds: 0 });
    await ladder.climb(LEGACY).obtained;
    await ladder.decide();

    const first = await ladder.climb(LEGACY).obtained;
    const second = await ladder.climb(LEGACY).obtained;

    expect(first.kind).to.equal('granted');
    expect(refusalOf(second).code).to.equal('approval_pending');
    expect(await ladder.states()).to.deep.equal(['PENDING', 'CONSUMED']);
  });

  it('asks the store now and then, not all the time, where the clock of the store is behind', async () => {
    const ladder = new Ladder({ holdSeconds: 0.5 });
    const { clock } = ladder.gate;
    const { store } = ladder;
    const ahead = { ...clock, epochSeconds: () => clock.epochSeconds() + 3600 };
    let looks = 0;
    const get = (id: string) => {
      looks += 1;
      return Object.getPrototypeOf(store).get.call(store, id);
    };
    Object.assign(ladder.gate, { clock: ahead });
    Object.assign(store, { get });

    const obtained = await ladder.climb(LEGACY).obtained;

    expect(refusalOf(obtained).code).to.equal('approval_pending');
    expect(looks).to.be.below(10);
  });

  it('attaches to the request of the identical call', async () => {
    const ladder = new Ladder();
    const calls = [ladder.climb(), ladder.climb(), ladder.climb(LEGACY)];
    await ladder.decide('deny');

    const codes = (await Promise.all(calls.map((each) => each.obtained))).map(refusalOf);

    expect(codes.map(({ code }) => code)).to.deep.equal(Array(3).fill('approval_refused'));
    expect(await ladder.states()).to.deep.equal(['DENIED']);
    expect(ladder.records().map(({ type }) => type)).to.deep.equal(['approval.requested']);
  });

  it('asks for one of its own when its arguments differ', async () => {
    const ladder = new Ladder();
    ladder.climb({ params: { arguments: { amount: 10 } } });
    await ladder.decide();
    ladder.climb({ params: { arguments: { amount: 1000 } } });

    await ladder.asked(2);
    ladder.stop();

    expect(await ladder.states()).to.have.members(['PENDING', 'CONSUMED']);
  });

  it('lets one of fifty through on one grant', async () => {
    const ladder = new Ladder({ holdSeconds: 0 });
    await ladder.climb(LEGACY).obtained;
    await ladder.decide();

    const racers = Array.from({ length: 50 }, () => ladder.climb(LEGACY).obtained);
    const obtained = await Promise.all(racers);

    expect(obtained.filter(({ kind }) => kind === 'granted')).to.have.length(1);
    expect(await ladder.states()).to.deep.equal(['PENDING', 'CONSUMED']);
  });

  it('asks anew, under a new id, when a request it made is spent by another', async () => {
    const ladder = new Ladder();
    const calls = [ladder.climb(), ladder.climb()];
    await ladder.decide();
    await ladder.decide('approve', 2);

    const obtained = await Promise.all(calls.map((each) => each.obtained));

    expect(new Set(obtained.map(({ kind }) => kind))).to.deep.equal(new Set(['granted']));
    expect(await ladder.states()).to.deep.equal(['CONSUMED', 'CONSUMED']);
  });

  it('hears why it was denied, now and when it is repeated', async () => {
    const ladder = new Ladder();
    const call = ladder.climb();
    await ladder.decide('deny');

    const [now, later] = [await call.obtained, await ladder.climb().obtained];

    expect(refusalOf(now).reason).to.include('denied: checked with the customer');
    expect(refusalOf(later)).to.deep.equal(refusalOf(now));
    expect(await ladder.states()).to.deep.equal(['DENIED']);
  });

  it('hears of a deadline that passes while it waits, though nobody sweeps', async () => {
    const ladder = new Ladder();
    ladder.now -= 15 * MINUTES - 20;
    const call = ladder.climb();
    await ladder.asked();
    ladder.now += 15 * MINUTES;

    const { code, reason } = refusalOf(await call.obtained);

    expect({ code, reason }).to.deep.include({ code: 'approval_refused' });
    expect(reason).to.include('not given in time');
  });

  it('hears where its approval stands once its client cannot wait any longer', async () => {
    const ladder = new Ladder({ holdSeconds: 0, spec: askingWith({ message: 'Ask finance.' }) });

    const refusal = refusalOf(await ladder.climb(LEGACY).obtained);

    const { request } = await ladder.asked();
    expect(refusal.code).to.equal('approval_pending');
    expect(refusal.approval).to.include({
      id: request.id,
      url: `https://approvals.example/approvals/${request.id}`,
    });
    expect(refusal.reason).to.match(/^Ask finance\. Approval .* is required/);
  });

  it('spends no grant once its client has left, and leaves it for the identical call', async () => {
    const ladder = new Ladder();
    const call = ladder.climb();
    await ladder.asked();
    call.leave();
    await call.obtained;
    await ladder.decide();

    const [before, again] = [await ladder.states(), await ladder.climb().obtained];

    expect(call.exchange.cutShort?.status).to.equal('disconnected');
    expect(before).to.deep.equal(['GRANTED']);
    expect(again.kind).to.equal('granted');
  });

  it('spends no grant for a client that leaves as the grant comes', async () => {
    const ladder = new Ladder();
    const call = ladder.climb();
    await ladder.asked();
    call.leave();
    await ladder.decide();

    await call.obtained;

    expect(await ladder.states()).to.deep.equal(['GRANTED']);
  });

  it('ends its wait when it is called off, and its request stays', async () => {
    const ladder = new Ladder();
    const call = ladder.climb();
    await ladder.asked();

    call.exchange.cut('cancelled', 'the client cancelled it');
    await call.obtained;

    expect(call.exchange.cutShort?.status).to.equal('cancelled');
    expect(await ladder.states()).to.deep.equal(['PENDING']);
  });

  it('is sent on when the gateway stops', async () => {
    const ladder = new Ladder();
    const call = ladder.climb(LEGACY);
    await ladder.asked();

    ladder.gate.drain.abort();

    expect(refusalOf(await call.obtained).code).to.equal('approval_pending');
    expect(await ladder.states()).to.deep.equal(['PENDING']);
  });

  it('is not held where too many are held already, but told at once', async () => {
    const held = new Slots();
    const key = JSON.stringify(['https://idp.example', 'alice']);
    for (let each = 0; each < MAX_HELD_PER_PRINCIPAL; each += 1) held.take(key, 1000);
    const ladder = new Ladder({ held });

    const refusal = refusalOf(await ladder.climb().obtained);

    // Not a round: its client would be back in a quarter of a second.
    expect(refusal.code).to.equal('approval_pending');
    expect(refusalOf(await ladder.climb().obtained).code).to.equal('approval_pending');
  });

  it('gives its place back', async () => {
    const held = new Slots();
    const ladder = new Ladder({ held });
    const call = ladder.climb();
    await ladder.asked();
    const during = held.total;
    await ladder.decide('deny');

    await call.obtained;

    expect([during, held.total]).to.deep.equal([1, 0]);
  });

  it('is refused without a verified person, since nobody could tell who may approve', async () => {
    const { person: _, ...nobody } = principal('alice');
    const ladder = new Ladder();

    const { code, reason } = refusalOf(await ladder.climb({ by: nobody }).obtained);

    expect({ code, asked: await ladder.states() }).to.deep.equal({
      code: 'approval_refused',
      asked: [],
    });
    expect(reason).to.include('person claim');
  });

  it('is refused with arguments that no approver could read', async () => {
    const ladder = new Ladder();
    const params = { arguments: { text: 'x'.repeat(70_000) } };

    const { code, reason } = refusalOf(await ladder.climb({ params }).obtained);

    expect({ code, reason }).to.deep.include({ code: 'approval_refused' });
    expect(reason).to.include('more than an approver can be shown');
  });

  it('is refused when it asks too often for other things', async () => {
    const ladder = new Ladder({ holdSeconds: 0 });
    for (let amount = 0; amount < 16; amount += 1) {
      await ladder.climb({ params: { arguments: { amount } } }).obtained;
    }

    const { code, reason } = refusalOf(await ladder.climb().obtained);

    expect(code).to.equal('approval_refused');
    expect(reason).to.include('16 requests of yours wait');
  });

  const previews = [
    { name: 'its arguments alone', params: { arguments: { b: 1.5 } }, preview: '{"b":1.5}' },
    { name: 'nothing where it has none', params: { _meta: { token: 1 } }, preview: '{}' },
    {
      name: 'what else it brings',
      params: { arguments: { b: 1 }, _meta: {}, inputResponses: { confirm: { ok: true } }, x: 2 },
      preview: '{"arguments":{"b":1},"inputResponses":{"confirm":{"ok":true}},"x":2}',
    },
  ];
  for (const { name, params, preview } of previews) {
    it(`shows approvers ${name}`, async () => {
      const ladder = new Ladder();
      ladder.climb({ params }).leave();

      expect((await ladder.asked()).request.preview).to.equal(preview);
    });
  }
});
