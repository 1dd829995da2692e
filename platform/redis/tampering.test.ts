// Whoever may write into Redis by hand gets no call through that people did not approve as it is.

import { expect } from 'chai';
import {
  approver,
  ballot,
  breaking,
  GLASS_TERMS,
  newSigner,
  request,
  reviewing,
  SIGNER,
  T0,
  TRUSTED,
} from '#core/approvals/approvals.testkit.ts';
import { glassOf, reviewStanding } from '#core/approvals/break-glass.ts';
import { caller } from '#core/approvals/desk.testkit.ts';
import { ApprovalDesk } from '#core/approvals/desk.ts';
import type { ApprovalRequest } from '#core/approvals/request.ts';
import { bob, carol, NONCE, quorumRequest } from '#core/approvals/store.testkit.ts';
import type { ApprovalStore } from '#core/approvals/store.ts';
import type { RedisClient } from './client.ts';
import { approvalKeys, type Namespace } from './keys.ts';
import { approve, consume, grantAt, PairedRedis, type StorePair } from './store-pair.fixture.ts';

describe('Whoever writes into the Redis of two replicas', () => {
  let paired: PairedRedis;
  let pair: StorePair;
  let admin: RedisClient;
  let shared: Namespace;
  let one: ApprovalStore;
  let two: ApprovalStore;

  before(async () => {
    paired = await PairedRedis.start();
    ({ admin } = paired);
  });

  after(() => paired.stop());

  beforeEach(async () => {
    pair = await paired.pair();
    ({ shared, one, two } = pair);
  });

  afterEach(() => pair.close());

  const granted = (asked: ApprovalRequest) => grantAt(pair, asked);
  const now = () => Date.now();

  const key = (id: string) => approvalKeys(shared).approval(id);

  async function edit(id: string, change: (entry: string) => string): Promise<void> {
    const entry = await admin.hget(key(id), 'entry');
    await admin.hset(key(id), 'entry', change(entry ?? ''));
  }

  it('gets nothing for a grant signed by another key', async () => {
    const asked = request('1');
    await one.attachOrCreate(asked);
    const cast = ballot(asked, bob, 'approve', { nowMillis: now(), signer: newSigner() });
    if (cast.choice !== 'approve') throw new Error(cast.choice);
    const forged = { grant: cast.grant, spending: { uses: 0, open: [] } };
    await edit(asked.id, (entry) =>
      JSON.stringify({ ...JSON.parse(entry), ...forged, state: 'GRANTED', version: 2 }),
    );
    const deadline = String(cast.grant.expiresAtMillis);
    await admin.hset(key(asked.id), { state: 'GRANTED', version: '2', deadline });

    expect(await consume(one, asked)).to.include({ ok: false, code: 'grant_forged' });
    expect(await consume(two, asked, 'x-2')).to.include({ ok: false, code: 'grant_forged' });
  });

  it('gets nothing for a grant written back as it was before it was spent', async () => {
    const asked = request('1');
    await granted(asked);
    const before = await admin.hgetall(key(asked.id));
    expect((await consume(one, asked)).ok).to.equal(true);

    await admin.hset(key(asked.id), before);

    expect(await consume(two, asked, 'x-2')).to.include({ ok: false, code: 'nonce_spent' });
  });

  describe('with a vote that nobody cast', () => {
    const asked = quorumRequest('1', 2);
    const forge = async () => {
      await one.attachOrCreate(asked);
      const { issuer, person } = carol;
      const forged = {
        ...{ issuer, subject: 'carol', person, serves: [0], choice: 'approve' },
        ...{ reason: 'fine', atMillis: now(), signature: 'A'.repeat(86) },
      };
      await edit(asked.id, (entry) => JSON.stringify({ ...JSON.parse(entry), votes: [forged] }));
    };

    it('gets none counted', async () => {
      await forge();

      await approve(one, asked);

      expect((await two.get(asked.id))?.state).to.equal('PENDING');
      expect((await approve(two, asked, carol)).approval?.state).to.equal('GRANTED');
    });

    it('gets none shown to whoever is to decide', async () => {
      await forge();
      const desk = new ApprovalDesk({
        ...{ store: two, append: async () => {}, signer: SIGNER, nowMillis: () => T0 },
        ...{ timestamp: () => new Date(T0).toISOString(), newNonce: () => NONCE },
      });

      const shown = await desk.show(caller('bob'), asked.id);
      const listed = await desk.list(caller('bob'), { limit: 1 });

      expect(shown.ok && shown.value.votes).to.deep.equal([]);
      expect(listed.ok && listed.value[0]?.votes).to.deep.equal([]);
    });
  });

  it('gets nothing for what people approved when it looked like something else', async () => {
    const asked = request('1');
    await one.attachOrCreate(asked);
    const shown = { ...asked, preview: '{"amount":1}' };
    await edit(asked.id, (entry) => JSON.stringify({ ...JSON.parse(entry), request: shown }));
    expect((await approve(two, shown)).ok).to.equal(true);

    await edit(asked.id, (entry) => JSON.stringify({ ...JSON.parse(entry), request: asked }));

    expect(await consume(one, asked)).to.include({ ok: false, code: 'grant_forged' });
  });

  describe('where glass can be broken', () => {
    const olga = approver('olga', { groups: ['oncall'] });
    const asked = request('1', { terms: GLASS_TERMS });
    const standing = async () =>
      reviewStanding((await two.get(asked.id))!, { nowMillis: now(), trusted: TRUSTED });

    it('gets nothing for glass that nobody broke', async () => {
      await one.attachOrCreate(asked);
      const { grant, ...said } = breaking(asked, olga, { nowMillis: now(), signer: newSigner() });
      const { issuer, subject, person } = olga;
      const { reason, reviewUntilMillis, signature } = said;
      const words = { issuer, subject, person, reason, reviewUntilMillis, signature };
      const glass = { ...words, nonce: grant.nonce, atMillis: now() };
      const forged = {
        grant,
        glass,
        spending: { uses: 0, open: [] },
        state: 'GRANTED',
        version: 2,
      };
      await edit(asked.id, (entry) => JSON.stringify({ ...JSON.parse(entry), ...forged }));
      const deadline = String(grant.expiresAtMillis);
      await admin.hset(key(asked.id), { state: 'GRANTED', version: '2', deadline });

      expect(await consume(one, asked)).to.include({ ok: false, code: 'grant_forged' });
      expect(await standing()).to.equal('overdue');
    });

    it('reviews nothing, and moves no review out of sight', async () => {
      await one.attachOrCreate(asked);
      await one.breakGlass(asked.id, breaking(asked, olga, { nowMillis: now() }));
      const glass = glassOf((await two.get(asked.id))!)!;
      const { approver: by, ...said } = reviewing(glass, bob, { signer: newSigner() });
      const { issuer, subject, person } = by;
      const review = { ...said, issuer, subject, person, atMillis: now() };

      await edit(asked.id, (entry) =>
        JSON.stringify({ ...JSON.parse(entry), glass: { ...glass, review } }),
      );
      expect(await standing()).to.equal('open');
      await edit(asked.id, (entry) =>
        JSON.stringify({ ...JSON.parse(entry), glass: { ...glass, reviewUntilMillis: 9e15 } }),
      );
      expect(await standing()).to.equal('overdue');
    });

    it('lives as long as a review may be owed', async () => {
      await one.attachOrCreate(asked);
      await one.breakGlass(asked.id, breaking(asked, olga, { nowMillis: now() }));

      expect(await admin.pttl(key(asked.id))).to.be.above(399 * 24 * 3600 * 1000);
      expect(await admin.pttl(approvalKeys(shared).all)).to.be.above(399 * 24 * 3600 * 1000);
    });
  });

  it('gets nothing for the grant of another approval', async () => {
    const [asked, other] = [request('1'), request('2')];
    await granted(asked);
    await one.attachOrCreate(other);
    const stolen = await admin.hgetall(key(asked.id));
    await admin.hset(key(other.id), stolen);

    const codes = await consume(one, other).then(
      (moved) => (moved.ok ? 'ok' : moved.code),
      (error: unknown) => (error instanceof Error ? error.message : ''),
    );

    expect(codes).to.equal('an approval in Redis is not as it was written');
  });

  it('keeps nothing that waits out of sight, and makes nobody read without end', async () => {
    const small = await paired.pair({ limits: { maxLive: 2, maxEnded: 2 } });
    const keys = approvalKeys(small.shared);
    const asked = request('1');
    await small.one.attachOrCreate(asked);
    const names = Array.from({ length: 1000 }, (_, at) => `made-up-${at}`);
    await admin.zadd(keys.all, ...names.flatMap((name, at) => [1000 + at, name]));
    await admin.set(keys.approval('made-up-999'), 'no hash');
    const before = await readsOf(admin);

    const listed = await small.two.list({ limit: 10 });

    const reads = (await readsOf(admin)) - before;
    await small.close();
    expect(listed.map(({ request: { id } }) => id)).to.deep.equal([asked.id]);
    expect(reads).to.be.within(1, 200);
  });

  it('makes nobody forget without end, nor undoes what was done before', async () => {
    const small = await paired.pair({ limits: { maxEnded: 1 } });
    const keys = approvalKeys(small.shared);
    const names = Array.from({ length: 1000 }, (_, at) => `made-up-${at}`);
    await admin.zadd(keys.ended, ...names.flatMap((name, at) => [at, name]));
    await admin.set(keys.approval('made-up-0'), 'no hash');
    const asked = request('1');
    await small.one.attachOrCreate(asked);

    const moved = await small.one.cancel(asked.id, asked.requester);

    const left = await admin.zcard(keys.ended);
    await small.close();
    expect(moved.ok).to.equal(true);
    expect(left).to.be.within(900, 1000);
  });

  it('keeps nobody from hearing that another approval has ended', async () => {
    const { terms } = request('1');
    const brief = { terms: { ...terms, pendingTtlSeconds: 1 } };
    const [spoilt, sound] = [request('1', brief), request('2', brief)];
    await one.attachOrCreate(spoilt);
    await one.attachOrCreate(sound);
    await admin.hset(approvalKeys(shared).approval(spoilt.id), 'entry', '{}');
    await two.waitFor({ id: sound.id, version: 1 }, AbortSignal.timeout(8000));

    const ended = (await one.expire()).map(({ request: { id } }) => id);
    const again = await one.expire().catch((error: Error) => error.message);

    expect(ended).to.deep.equal([sound.id]);
    expect(again).to.equal('an approval in Redis is not as it was written');
  });
});

/** How often a field of a hash has been read. */
async function readsOf(admin: RedisClient): Promise<number> {
  return Number(/cmdstat_hget:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1] ?? 0);
}
