// The user of docs/redis.md: enough for all that Gatehouse does, and nothing beyond its namespace.

import { expect } from 'chai';
import { ballot, request } from '#core/approvals/approvals.testkit.ts';
import { bob, NONCE } from '#core/approvals/store.testkit.ts';
import { Archiver } from '#core/evidence/archiver.ts';
import { intentDraft } from '#core/evidence/drafts.fixture.ts';
import { verifyLogs } from '#core/evidence/verify.ts';
import { createClock } from '#platform/process/clock.ts';
import { redisArchiveLogs } from './archive-logs.ts';
import { connectRedis, type RedisClient } from './client.ts';
import { makeDocumentedUsers } from './documented-users.fixture.ts';
import { logKeys, logsKey } from './keys.ts';
import { LedgerBench } from './ledgers.fixture.ts';
import { checkPosture } from './posture.ts';
import { redisSessions } from './recorded-sessions.ts';
import { startRedis, type TestRedis } from './redis-server.fixture.ts';
import { connectTo, namespace, openStore } from './stores.fixture.ts';
import { readRedisUrl } from './target.ts';
import { RedisVisitStore } from './visit-store.ts';

describe('The Redis user that the documentation gives', () => {
  let redis: TestRedis;
  let url: string;
  let client: RedisClient;

  before(async () => {
    redis = await startRedis();
    await makeDocumentedUsers(redis.url);
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

  it('may keep visits where it is a console’s, and nowhere else', async () => {
    const visit = { key: 'a', account: 'carol', text: 'sealed', ttlSeconds: 60, most: 1 };
    const forConsole = await connectTo(url.replace('payments:', 'console:'));
    const home = new RedisVisitStore(forConsole, namespace('gatehouse'));
    await home.begin({ ...visit, key: 'old' });
    await home.begin(visit);
    await home.replace('a', 'changed');
    const kept = [await home.get('old'), await home.get('a')];
    await home.end('a', 'carol');
    const foreign = new RedisVisitStore(client, namespace('gatehouse'));

    const fault = await foreign.get('a').catch((error: unknown) => error);

    home.close();
    expect(kept).to.deep.equal([undefined, 'changed']);
    expect(String(fault)).to.include('NOPERM');
  });

  it('may read the sessions of a namespace where it is a console’s', async () => {
    const forConsole = await connectTo(url.replace('payments:', 'console:'));
    const bench = new LedgerBench(url, namespace('payments'));
    const { ledger } = await bench.open();
    const at = '2026-01-01T00:00:00.000000Z';
    await ledger.append({ ...intentDraft('x1', at), session: 'session-1' });

    const { sessions } = redisSessions(forConsole, namespace('payments'));
    const index = await sessions((id) => id === 'session-1').finally(() => ledger.close('done'));

    forConsole.disconnect();
    expect(index.records('session-1').map(({ ts }) => ts)).to.deep.equal([at]);
  });

  it('may write evidence, and then do nothing to it', async () => {
    const bench = new LedgerBench(url, namespace('payments'));
    const { ledger } = await bench.open();
    await ledger.append(intentDraft('x1', '2026-01-01T00:00:00.000000Z'));
    const [log = ''] = await client.smembers(logsKey(namespace('payments')));
    const { head, lane, lanes } = logKeys(namespace('payments'), log);
    const [name = ''] = await client.zrange(lanes, 0, '-1');

    const codes: string[] = [];
    for (const key of [head, lane(name), lanes]) {
      for (const words of [
        ['DEL', key],
        ['SET', key, 'x'],
        ['PEXPIRE', key, '1'],
      ]) {
        codes.push(await codeOf(words));
      }
    }
    codes.push(await codeOf(['XTRIM', lane(name), 'MAXLEN', '0']));
    codes.push(await codeOf(['XDEL', lane(name), '1-0']));
    await ledger.close('done');

    expect(new Set(codes)).to.deep.equal(new Set(['NOPERM']));
  });

  it('has one beside it that verifies, and may do nothing else', async () => {
    const auditor = await connectTo(`redis://auditor:pass@127.0.0.1:${redis.port}`);
    const bench = new LedgerBench(url, namespace('payments'));
    const { ledger } = await bench.open();
    await ledger.close('done');

    const { verdict } = await verifyLogs(await bench.logs(auditor), undefined);
    const writing = await auditor.hset('gh:{payments/x}:head', 'a', 'b').catch((error) => error);

    expect(verdict).to.equal('inconclusive');
    expect(String(writing)).to.contain('NOPERM');
    auditor.disconnect();
  });

  it('has another that archives and cuts off, and destroys nothing else', async () => {
    const archiverUrl = `redis://archiver:pass@127.0.0.1:${redis.port}`;
    const archiver = await connectTo(archiverUrl);
    const bench = new LedgerBench(url, namespace('payments'));
    const { ledger } = await bench.open();
    await ledger.append(intentDraft('x1', '2026-01-01T00:00:00.000000Z'));
    await ledger.close('done');
    const now = createClock().timestamp;
    const writing = { ...bench.writing(archiver), now, deadAfterMillis: 0 };
    const hot = redisArchiveLogs(writing);
    const kept = new Map<string, readonly string[]>();
    const nothing = async () => {};
    const trust = { id: bench.trust.id, signer: bench.signer };
    const archive = new Archiver({
      ...{ hot, trust, trusted: [bench.trust], now, anchor: nothing },
      cold: {
        log: (name) => ({
          markers: async () => kept.get(name) ?? [],
          begin: async () => ({
            ...{ checkpoint: nothing, line: nothing, recording: nothing, drop: nothing },
            keep: async (markers) => void kept.set(name, markers),
          }),
        }),
      },
    });
    const { logs } = await archive.round();
    archiver.disconnect();
    const [log = ''] = kept.keys();
    const { archived, head } = logKeys(namespace('payments'), log);
    const codes: string[] = [];
    const second = await connectTo(archiverUrl);
    for (const [command = '', ...args] of [
      ['DEL', head],
      ['SET', head, 'x'],
      ['FLUSHALL'],
      ['GET', 'gh:{payroll/logs}:logs'],
    ]) {
      const error = await second.call(command, ...args).catch((each: Error) => each.message);
      codes.push(String(error).split(' ')[0] ?? '');
    }
    second.disconnect();

    expect(logs.map(({ kind }) => kind)).to.include('archived');
    expect(kept.size).to.be.above(0);
    expect(await client.get(archived)).to.be.a('string');
    expect(await codeOf(['SET', archived, 'x'])).to.equal('NOPERM');
    expect(new Set(codes)).to.deep.equal(new Set(['NOPERM']));
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
