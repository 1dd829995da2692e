// The user of docs/redis.md: enough for all that Gatehouse does, and nothing beyond its namespace.

import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { ballot, request } from '#core/approvals/approvals.testkit.ts';
import { bob, NONCE } from '#core/approvals/store.testkit.ts';
import { connectRedis, type RedisClient } from './client.ts';
import { checkPosture } from './posture.ts';
import { startRedis, type TestRedis } from './redis-server.fixture.ts';
import { connectTo, namespace, openStore } from './stores.fixture.ts';
import { readRedisUrl } from './target.ts';

describe('The Redis user that the documentation gives', () => {
  let redis: TestRedis;
  let url: string;
  let client: RedisClient;

  before(async () => {
    redis = await startRedis();
    const text = await readFile(new URL('../../docs/redis.md', import.meta.url), 'utf8');
    const [, rules = ''] = /^user payments (.*)$/m.exec(text) ?? [];
    const admin = await connectTo(redis.url);
    await admin.call('ACL', 'SETUSER', 'payments', ...rules.replace('SECRET', 'pass').split(' '));
    admin.disconnect();
    url = `redis://payments:pass@127.0.0.1:${redis.port}`;
    client = await connectRedis(readRedisUrl(url, 'test'), { name: 'test' });
  });

  after(async () => {
    client.disconnect();
    await redis.stop();
  });

  it('may do all that approvals need', async () => {
    const limits = { maxEnded: 1 };
    const store = await openStore(url, namespace('payments'), { limits });
    try {
      const [one, two] = [request('1'), request('2')];
      await store.attachOrCreate(one);
      const granted = store.waitFor({ id: one.id, version: 1 }, AbortSignal.timeout(5000));
      await store.vote(one.id, ballot(one, bob, 'approve', { nowMillis: Date.now() }));
      const spend = { binding: one.binding, nonce: NONCE, exchange: 'x-1' };
      await store.consume(one.id, spend);
      const done = await store.settle(one.id, 'x-1');
      await store.attachOrCreate(two);
      await store.cancel(two.id, two.requester);
      await store.expire();

      expect((await granted)?.version).to.be.above(1);
      expect(done.approval?.state).to.equal('DONE');
      expect(await store.spendNonce(NONCE, Date.now() + 60_000)).to.equal('spent');
      expect((await store.list({ limit: 10 })).map(({ state }) => state)).to.deep.equal([
        'CANCELLED',
      ]);
    } finally {
      await store.close();
    }
  });

  it('may see how Redis is set', async () => {
    expect((await checkPosture(client)).durability).to.equal('Strict');
  });

  it('reaches no other namespace, not even by its name', async () => {
    const asked = openStore(url, namespace('payroll')).then(
      () => 'listens',
      (error: unknown) => (error instanceof Error ? error.message : ''),
    );

    expect(await asked).to.contain('(NOPERM); see docs/redis.md');
    expect(await codeOf(['GET', 'gh:{payroll/approvals}:newest:x'])).to.equal('NOPERM');
    expect(await codeOf(['HSET', 'gh:{payments-2/approvals}:approval:x', 'a', 'b'])).to.equal(
      'NOPERM',
    );
    expect(await codeOf(['EVAL', 'return redis.call("GET", "gh:{payroll/x}:y")', '0'])).to.equal(
      'ERR',
    );
  });

  it('may do nothing to Redis itself', async () => {
    for (const words of [
      ['KEYS', '*'],
      ['SCAN', '0'],
      ['FLUSHALL'],
      ['CONFIG', 'SET', 'x', 'y'],
      ['ACL', 'LIST'],
      ['SHUTDOWN'],
      ['RENAME', 'a', 'b'],
    ]) {
      expect(await codeOf(words), words.join(' ')).to.equal('NOPERM');
    }
  });

  async function codeOf([command = '', ...args]: readonly string[]): Promise<string> {
    return client.call(command, ...args).then(
      () => 'done',
      (error: unknown) => (error instanceof Error ? (error.message.split(' ')[0] ?? '') : ''),
    );
  }
});
