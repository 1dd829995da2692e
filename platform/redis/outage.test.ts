// Redis dies, hangs, fills up or is set wrongly: approvals are refused with a reason, nothing is decided
// twice, and all goes on when it is back.

import { expect } from 'chai';
import { ballot, request } from '#core/approvals/approvals.testkit.ts';
import { bob, codeOf, NONCE } from '#core/approvals/store.testkit.ts';
import type { ApprovalStore, Moved } from '#core/approvals/store.ts';
import { connectRedis } from './client.ts';
import { RedisFault } from './fault.ts';
import { checkPosture, judgePosture, parseInfo } from './posture.ts';
import { startRedis, type TestRedis } from './redis-server.fixture.ts';
import { connectTo, namespace, openStore } from './stores.fixture.ts';
import { readRedisUrl } from './target.ts';

describe('Approvals when Redis', () => {
  let redis: TestRedis;
  let store: ApprovalStore;

  beforeEach(async () => {
    redis = await startRedis();
    store = await openStore(redis.url, namespace('outage'));
  });

  afterEach(async () => {
    await store.close();
    await redis.stop();
  });

  const asked = request('1');
  const approve = () =>
    store.vote(asked.id, ballot(asked, bob, 'approve', { nowMillis: Date.now() }));
  const consume = (exchange: string) =>
    store.consume(asked.id, { binding: asked.binding, nonce: NONCE, exchange });

  /** Tries until it is not refused for want of a Redis. */
  async function eventually(run: () => Promise<Moved>): Promise<Moved> {
    for (;;) {
      const moved = await run().catch(() => undefined);
      if (moved !== undefined) return moved;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('dies are refused, and go on from where they were', async () => {
    await store.attachOrCreate(asked);
    await approve();

    await redis.kill();
    const whileDown = await codeOf(consume('x-1'));
    await redis.start();
    const moved = await eventually(() => consume('x-2'));

    expect(whileDown).to.equal('unavailable');
    expect(moved.approval?.state).to.equal('CONSUMED');
  });

  it('hangs are refused in time, and let nobody through twice', async () => {
    await store.attachOrCreate(asked);
    await approve();

    redis.freeze();
    const whileHanging = await codeOf(consume('x-1'));
    redis.thaw();
    const moved = await eventually(() => consume('x-2'));

    expect(whileHanging).to.equal('unavailable');
    // The first one was given up before it was sent on, so its grant is still there; or it is burnt.
    expect(moved.ok || moved.code === 'not_granted').to.equal(true);
    expect((await store.get(asked.id))?.state).to.equal('CONSUMED');
  });

  it('is full are refused as such', async () => {
    const admin = await connectTo(redis.url);
    await admin.config('SET', 'maxmemory', '1');

    expect(await codeOf(store.attachOrCreate(asked))).to.equal('full');

    await admin.config('SET', 'maxmemory', '0');
    expect((await store.attachOrCreate(asked)).kind).to.equal('created');
    admin.disconnect();
  });
});

describe('The posture of a Redis', () => {
  const GOOD = {
    redis_version: '7.0.15',
    maxmemory_policy: 'noeviction',
    aof_enabled: '1',
    role: 'master',
  };

  function judged(change: Readonly<Record<string, string>>, fsync?: string): string {
    try {
      const posture = judgePosture(new Map(Object.entries({ ...GOOD, ...change })), fsync);
      return [posture.durability, ...posture.warnings].join(': ');
    } catch (error) {
      return error instanceof RedisFault ? error.message : String(error);
    }
  }

  const cases: readonly {
    readonly name: string;
    readonly change: Readonly<Record<string, string>>;
    readonly says: string;
  }[] = [
    {
      name: 'an old version',
      change: { redis_version: '6.2.14' },
      says: 'needs Redis 7.0 or newer',
    },
    {
      name: 'eviction',
      change: { maxmemory_policy: 'allkeys-lru' },
      says: 'set "maxmemory-policy noeviction"',
    },
    { name: 'no append-only file', change: { aof_enabled: '0' }, says: 'set "appendonly yes"' },
    { name: 'a replica', change: { role: 'slave' }, says: 'name the primary' },
  ];
  for (const { name, change, says } of cases) {
    it(`is refused for ${name}, saying what to set`, () => {
      expect(judged(change, 'always')).to.contain(says);
    });
  }

  it('is strict when each write reaches the disk first, and relaxed otherwise', () => {
    expect(judged({}, 'always')).to.equal('Strict');
    expect(judged({}, 'everysec')).to.match(/^Relaxed: .*set "appendfsync always"$/);
    expect(judged({})).to.match(/^Relaxed: .*could not be read/);
  });

  it('is read from a real one, as it is', async () => {
    const redis = await startRedis();
    const relaxed = await startRedis(['--appendonly', 'no', '--maxmemory-policy', 'allkeys-lru']);
    const [good, bad] = [await connectTo(redis.url), await connectTo(relaxed.url)];
    try {
      expect(await checkPosture(good)).to.include({ durability: 'Strict', replicas: 0 });
      const fault = await checkPosture(bad).then(
        () => '',
        (error: unknown) => (error instanceof Error ? error.message : ''),
      );
      expect(fault).to.contain('noeviction').and.to.contain('appendonly yes');
    } finally {
      good.disconnect();
      bad.disconnect();
      await redis.stop();
      await relaxed.stop();
    }
  });

  it('is made of lines that hold a colon', () => {
    expect([...parseInfo('# Server\r\nredis_version:7.2.4\r\nempty:\r\n\r\n')]).to.deep.equal([
      ['redis_version', '7.2.4'],
      ['empty', ''],
    ]);
  });
});

describe('A connection to Redis', () => {
  async function faultOf(url: string): Promise<string> {
    return connectRedis(readRedisUrl(url, '--redis'), { name: 'test' }).then(
      () => 'no fault',
      (error: unknown) => (error instanceof RedisFault ? error.message : String(error)),
    );
  }

  it('that cannot be made says where and why, without the credentials', async () => {
    const redis = await startRedis(['--requirepass', 'opensesame']);
    const { port } = redis;
    try {
      const wrong = await faultOf(`redis://alice:hunter2@127.0.0.1:${port}`);
      const none = await faultOf(`redis://127.0.0.1:${port}`);
      await redis.kill();
      const dead = await faultOf(`redis://alice:hunter2@127.0.0.1:${port}`);

      expect(wrong).to.contain(`127.0.0.1:${port}`).and.to.contain('password is wrong');
      expect(none).to.contain('asks for a password');
      expect(dead).to.contain('ECONNREFUSED');
      expect(wrong + none + dead).not.to.contain('hunter2');
    } finally {
      await redis.stop();
    }
  });

  it('takes a user and a password', async () => {
    const redis = await startRedis(['--user', 'gate', 'on', '>p%40ss', '~*', '&*', '+@all']);
    try {
      const url = `redis://gate:p%2540ss@127.0.0.1:${redis.port}`;
      const client = await connectRedis(readRedisUrl(url, '--redis'), { name: 'test' });
      expect(await client.acl('WHOAMI')).to.equal('gate');
      client.disconnect();
    } finally {
      await redis.stop();
    }
  });
});

describe('A connection to a Redis that goes away', () => {
  it('says so once for each time, however often it tries', async () => {
    const redis = await startRedis();
    const told: string[] = [];
    const client = await connectRedis(readRedisUrl(redis.url, 'test'), {
      name: 'test',
      onError: (code) => void told.push(code),
    });
    const failures = (count: number) =>
      new Promise<void>((resolve) => {
        let left = count;
        client.on('error', () => {
          left -= 1;
          if (left === 0) resolve();
        });
      });

    await Promise.all([failures(3), redis.kill()]);
    const before = [...told];
    await Promise.all([
      new Promise<void>((resolve) => client.once('ready', () => resolve())),
      redis.start(),
    ]);
    await Promise.all([failures(2), redis.kill()]);
    client.disconnect();
    await redis.stop();

    expect(before).to.deep.equal(['ECONNREFUSED']);
    expect(told).to.deep.equal(['ECONNREFUSED', 'ECONNREFUSED']);
  });
});
