// Two replicas on one real Redis: what one does the other sees, and of two that race one wins.

import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { ballot, request } from '#core/approvals/approvals.testkit.ts';
import type { ApprovalRequest } from '#core/approvals/request.ts';
import { bob, carol, NONCE, quorumRequest } from '#core/approvals/store.testkit.ts';
import type { ApprovalStore, Moved } from '#core/approvals/store.ts';
import type { RedisClient } from './client.ts';
import type { Namespace } from './keys.ts';
import type { TestRedis } from './redis-server.fixture.ts';
import { approve, consume, grantAt, PairedRedis, type StorePair } from './store-pair.fixture.ts';
import { namespace, openStore } from './stores.fixture.ts';

const RACES = 1000;
const ROUND = 100;
const ROOM = { maxLive: 10 * RACES, maxPendingPerRequester: 10 * RACES };

describe('Two replicas on one real Redis', () => {
  let paired: PairedRedis;
  let pair: StorePair;
  let redis: TestRedis;
  let admin: RedisClient;
  let shared: Namespace;
  let one: ApprovalStore;
  let two: ApprovalStore;

  before(async () => {
    paired = await PairedRedis.start();
    ({ redis, admin } = paired);
  });

  after(() => paired.stop());

  beforeEach(async () => {
    pair = await paired.pair({ limits: ROOM });
    ({ shared, one, two } = pair);
  });

  afterEach(() => pair.close());

  const granted = (asked: ApprovalRequest) => grantAt(pair, asked);
  const now = () => Date.now();
  const deny = (store: ApprovalStore, asked: ApprovalRequest, by = bob) =>
    store.vote(asked.id, ballot(asked, by, 'deny'));

  /** Both at once, over and over; how often each outcome came. */
  async function race(
    run: (name: string) => Promise<readonly Moved[]>,
  ): Promise<Record<string, number>> {
    const seen: Record<string, number> = {};
    for (let first = 0; first < RACES; first += ROUND) {
      const names = Array.from({ length: ROUND }, (_, index) => `race-${first + index}`);
      for (const moves of await Promise.all(names.map(run))) {
        const code = moves.map((moved) => (moved.ok ? 'ok' : moved.code)).join('/');
        seen[code] = (seen[code] ?? 0) + 1;
      }
    }
    return seen;
  }

  it('ask on one, decide on the other, and wake whoever waits', async () => {
    const asked = request('1');
    const attached = await one.attachOrCreate(asked);
    const waiting = one.waitFor({ id: asked.id, version: 1 }, AbortSignal.timeout(5000));

    await approve(two, asked);

    expect(attached.kind).to.equal('created');
    expect((await waiting)?.state).to.equal('GRANTED');
    expect((await two.attachOrCreate({ ...asked, id: 'request-again' })).kind).to.equal('attached');
  });

  it('wake those who wait also when the message is lost', async () => {
    const asked = request('1');
    await one.attachOrCreate(asked);
    const deaf = await openStore(redis.url, shared, { pollMillis: 20 });
    const waiting = deaf.waitFor({ id: asked.id, version: 1 }, AbortSignal.timeout(5000));
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');

    await approve(two, asked);

    expect((await waiting)?.state).to.equal('GRANTED');
    await deaf.close();
  });

  it('let one of fifty through with one grant', async () => {
    const asked = request('1');
    await granted(asked);

    const spent = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        consume(index % 2 === 0 ? one : two, asked, `x-${index}`),
      ),
    );

    expect(spent.filter(({ ok }) => ok)).to.have.length(1);
  });

  it('settle a thousand races of an approval against a denial', async function () {
    this.timeout(60_000);

    const seen = await race(async (name) => {
      const asked = request(name);
      await one.attachOrCreate(asked);
      const turns = [() => approve(one, asked), () => deny(two, asked, carol)] as const;
      const [first, second] = name.endsWith('1')
        ? [turns[1](), turns[0]()]
        : [turns[0](), turns[1]()];
      const moves = await Promise.all([first, second]);
      const state = (await two.get(asked.id))?.state;
      expect(moves.find(({ ok }) => ok)?.approval?.state).to.equal(state);
      return moves;
    });

    const wins = Object.entries(seen).filter(([code]) =>
      /^(ok\/not_pending|not_pending\/ok)$/.test(code),
    );
    expect(wins.reduce((sum, [, times]) => sum + times, 0)).to.equal(RACES);
  });

  it('settle a thousand races of an approval against its deadline, by the clock of Redis', async function () {
    this.timeout(120_000);
    const { terms } = request('1');
    const seen: Record<string, number> = {};

    for (let first = 0; first < RACES; first += ROUND) {
      const swept: string[] = [];
      const asked = Array.from({ length: ROUND }, (_, index) =>
        request(`race-${first + index}`, { terms: { ...terms, pendingTtlSeconds: 1 } }),
      );
      const racing = asked.map(async (each, index) => {
        const attached = await one.attachOrCreate(each);
        if (attached.kind !== 'created') throw new Error(attached.kind);
        // From 50 ms before the deadline to as much after it: a busy machine is late for some of them.
        const at = attached.approval.pendingUntilMillis - 50 + (index % 20) * 5;
        await delay(at - now());
        return approve(index % 2 === 0 ? one : two, each);
      });
      let isOver = false;
      const sweeping = [one, two].map(async (store) => {
        while (!isOver) swept.push(...(await store.expire()).map((each) => each.request.id));
      });
      const moves = await Promise.all(racing);
      await delay(20);
      isOver = true;
      await Promise.all(sweeping);
      swept.push(...(await one.expire()).map((each) => each.request.id));

      for (const [index, each] of asked.entries()) {
        const moved = moves[index];
        const sweeps = swept.filter((id) => id === each.id).length;
        const outcome = `${moved?.ok ? 'ok' : moved?.code}/${sweeps}/${(await two.get(each.id))?.state}`;
        seen[outcome] = (seen[outcome] ?? 0) + 1;
      }
    }

    expect(Object.keys(seen).sort()).to.deep.equal(['expired/1/EXPIRED', 'ok/0/GRANTED']);
    expect(Object.values(seen).reduce((sum, times) => sum + times, 0)).to.equal(RACES);
  });

  it('settle a thousand races of a revocation against a spending', async function () {
    this.timeout(60_000);

    const seen = await race(async (name) => {
      const asked = request(name);
      await granted(asked);
      const revoking = () => two.revoke(asked.id, { approver: carol, reason: 'wrong account' });
      return name.endsWith('1')
        ? Promise.all([revoking(), consume(one, asked)])
        : Promise.all([consume(one, asked), revoking()]);
    });

    expect((seen['ok/not_granted'] ?? 0) + (seen['not_granted/ok'] ?? 0)).to.equal(RACES);
  });

  it('count one person once, whichever replica takes the votes', async function () {
    this.timeout(60_000);

    const seen = await race(async (name) => {
      const asked = quorumRequest(name, 2);
      await one.attachOrCreate(asked);
      const moves = await Promise.all([approve(one, asked), approve(two, asked)]);
      expect((await one.get(asked.id))?.state).to.equal('PENDING');
      return moves;
    });

    expect((seen['ok/already_voted'] ?? 0) + (seen['already_voted/ok'] ?? 0)).to.equal(RACES);
  });

  it('touch no key of another namespace, and leave none without an end', async () => {
    const others = await openStore(redis.url, namespace(`other-${shared}`));
    await others.attachOrCreate(request('1'));
    const before = await dump(`gh:{other-${shared}/`);
    const asked = request('1');
    await granted(asked);
    await consume(one, asked);
    await one.settle(asked.id, 'x-1');
    await one.spendNonce(NONCE, now() + 60_000);
    await one.attachOrCreate(request('2'));
    await deny(two, request('2'));

    const keys = await keysOf(`gh:{${shared}/`);
    const endless = await Promise.all(keys.map(async (each) => (await admin.pttl(each)) < 0));

    expect(keys).to.have.length.above(6);
    expect(endless.filter(Boolean)).to.deep.equal([]);
    expect(await dump(`gh:{other-${shared}/`)).to.deep.equal(before);
    const strangers = (await admin.keys('*')).filter((each) => !each.startsWith('gh:{'));
    expect(strangers).to.deep.equal([]);
    await others.close();
  });

  it('go by the time of Redis: past a deadline nothing is decided', async () => {
    const { terms } = request('1');
    const asked = request('1', { terms: { ...terms, pendingTtlSeconds: 1 } });
    await one.attachOrCreate(asked);

    const woken = await two.waitFor({ id: asked.id, version: 1 }, AbortSignal.timeout(8000));

    expect(woken?.state).to.equal('EXPIRED');
    expect(await approve(one, asked)).to.include({ ok: false, code: 'expired' });
    expect((await one.expire()).length + (await two.expire()).length).to.equal(1);
  });

  async function keysOf(prefix: string): Promise<readonly string[]> {
    return (await admin.keys('*')).filter((each) => each.startsWith(prefix)).sort();
  }

  async function dump(prefix: string): Promise<readonly string[]> {
    const keys = await keysOf(prefix);
    const values = await Promise.all(keys.map((each) => admin.dump(each)));
    return keys.map((each, index) => `${each} ${values[index]}`);
  }
});
