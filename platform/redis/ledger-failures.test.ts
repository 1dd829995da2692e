// Evidence when Redis dies, hangs, falls back or has two writers: nothing that was acknowledged is lost,
// nothing is there twice, and what was refused meanwhile is said.

import { expect } from 'chai';
import { parseCommit } from '#core/evidence/commit.ts';
import { intentDraft, outcomeDraft } from '#core/evidence/drafts.fixture.ts';
import { type Ledger, LedgerFault, type Receipt } from '#core/evidence/ledger.ts';
import type { StoredRecord } from '#core/evidence/parse-record.ts';
import type { EvidenceSource } from '#core/evidence/source.ts';
import { verifyLogs } from '#core/evidence/verify.ts';
import type { RedisClient } from './client.ts';
import { logKeys, logsKey } from './keys.ts';
import { LedgerBench, type TestLedger } from './ledgers.fixture.ts';
import { startRedis, type TestRedis } from './redis-server.fixture.ts';
import { connectTo, namespace } from './stores.fixture.ts';

const now = () => new Date().toISOString().replace('Z', '000Z');

describe('Evidence in Redis', () => {
  let redis: TestRedis;
  let bench: LedgerBench;
  let one: TestLedger;
  let alarms: number;

  beforeEach(async () => {
    redis = await startRedis();
    bench = new LedgerBench(redis.url, namespace('evidence'));
    alarms = 0;
    one = await bench.open({
      now,
      onFork: () => {
        alarms += 1;
      },
    });
  });

  afterEach(async () => {
    await one.ledger.close('test').catch(() => {});
    await redis.stop();
  });

  async function reading<Result>(read: (client: RedisClient) => Promise<Result>): Promise<Result> {
    const client = await connectTo(redis.url);
    try {
      return await read(client);
    } finally {
      client.disconnect();
    }
  }

  const verify = () =>
    reading(async (client) => verifyLogs(await bench.logs(client), [bench.trust]));

  const records = () => reading(async (client) => recordsIn(await bench.logs(client)));

  /** Appends until it is durable again. */
  async function eventually(ledger: Ledger, exchange: string): Promise<Receipt> {
    for (;;) {
      const receipt = await ledger.append(intentDraft(exchange, now())).catch(() => undefined);
      if (receipt !== undefined) return receipt;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('survives a Redis that is killed while it writes: zero loss, and the window is recorded', async function () {
    this.timeout(60_000);
    const acknowledged: Receipt[] = [];
    let isOver = false;
    const writing = Array.from({ length: 8 }, async (_, lane) => {
      for (let count = 0; !isOver; count += 1) {
        const draft = intentDraft(`x-${lane}-${count}`, now());
        const receipt = await one.ledger.append(draft).catch(() => undefined);
        if (receipt === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
        else acknowledged.push(receipt);
      }
    });
    while (acknowledged.length < 100) await new Promise(setImmediate);

    await redis.kill();
    const refused = await one.ledger.append(intentDraft('refused', now())).catch((error) => error);
    await redis.start();
    const back = await eventually(one.ledger, 'back');
    isOver = true;
    await Promise.all(writing);
    await one.ledger.close('done');

    expect(refused).to.be.instanceOf(LedgerFault).and.to.have.property('code', 'write_failed');
    const held = new Set((await hashed()).map(([seq, hash]) => `${seq} ${hash}`));
    const lost = [...acknowledged, back].filter(({ seq, hash }) => !held.has(`${seq} ${hash}`));
    expect(lost).to.deep.equal([]);
    const types = (await records()).map(({ type }) => type);
    expect(types).to.include.members(['degraded.enter', 'degraded.exit']);
    expect((await verify()).problems).to.deep.equal([]);
  });

  it('brings a write whose answer never came to its end, and says that its call was refused', async function () {
    this.timeout(60_000);
    await one.ledger.append(intentDraft('before', now()));

    redis.freeze();
    const fault = await one.ledger.append(intentDraft('doubtful', now())).catch((error) => error);
    redis.thaw();
    await eventually(one.ledger, 'after');
    await one.ledger.append(outcomeDraft('before', now()));
    await one.ledger.append(outcomeDraft('after', now()));
    await one.ledger.close('done');

    expect(fault).to.have.property('code', 'write_failed');
    const doubtful = (await records()).filter(({ exchange }) => exchange === 'doubtful');
    expect(doubtful.map(({ type, outcome }) => outcome?.refusal ?? type)).to.deep.equal([
      'intent',
      'evidence_unavailable',
    ]);
    const { problems, dangling } = await verify();
    expect({ problems, dangling }).to.deep.equal({ problems: [], dangling: [] });
  });

  it('writes again what a Redis that fell back does not have', async () => {
    const receipts: Receipt[] = [];
    for (const exchange of ['x1', 'x2', 'x3']) {
      receipts.push(await one.ledger.append(intentDraft(exchange, now())));
    }
    await until(async () => (await checkpointed()) >= (receipts.at(-1)?.seq ?? 0));
    await fallBackTo(receipts[0]);

    const after = await one.ledger.append(intentDraft('x4', now()));
    await one.ledger.close('done');

    expect(after.seq).to.equal(5);
    const exchanges = (await records()).flatMap(({ exchange }) => exchange ?? []);
    expect(exchanges).to.deep.equal(['x1', 'x2', 'x3', 'x4']);
    expect((await verify()).problems).to.deep.equal([]);
  });

  it('refuses a second writer of a lane as a fork, for good', async () => {
    await one.ledger.append(intentDraft('x1', now()));
    await reading(async (client) => {
      // As if this writer had not been heard of for long, while it still lives.
      const [log = ''] = await client.smembers(logsKey(bench.namespace));
      await client.del(logKeys(bench.namespace, log).writer);
    });

    const two = await bench.open({ now });
    const fault = await one.ledger.append(intentDraft('fork', now())).catch((error) => error);
    await one.ledger.append(intentDraft('fork', now())).catch(() => {});
    await two.ledger.append(intentDraft('x2', now()));
    const again = await one.ledger.append(intentDraft('fork', now())).catch((error) => error);
    await two.ledger.close('done');

    expect([fault.cause.code, again.cause.code]).to.deep.equal(['FORK', 'FORK']);
    expect(alarms).to.equal(1);
    expect(one.ledger.healthy).to.equal(false);
    const exchanges = (await records()).flatMap(({ exchange }) => exchange ?? []);
    expect(exchanges).to.deep.equal(['x1', 'x2']);
    expect((await verify()).problems).to.deep.equal([]);
  });

  it('is one log for each gateway that writes at a time, and a later start goes on with one', async () => {
    const two = await bench.open({ now });
    await one.ledger.append(intentDraft('x1', now()));
    await two.ledger.append(intentDraft('x2', now()));
    await one.ledger.close('done');

    const three = await bench.open({ now });
    await three.ledger.append(intentDraft('x3', now()));
    await three.ledger.close('done');
    await two.ledger.close('done');

    const { problems, notes, lanes } = await verify();
    expect({ problems, notes, lanes }).to.deep.equal({ problems: [], notes: [], lanes: 3 });
    expect(await reading((client) => bench.logs(client))).to.have.length(2);
  });

  it('shows at the next start that a tail was cut off', async () => {
    const first = await one.ledger.append(intentDraft('x1', now()));
    await one.ledger.append(intentDraft('x2', now()));
    await one.ledger.close('done');
    await fallBackTo(first);

    const two = await bench.open({ now });
    await two.ledger.close('done');

    const codes = (await verify()).problems.map(({ code }) => code);
    expect(codes).to.include('records_lost');
  });

  /** Up to which record the log is checkpointed. */
  async function checkpointed(): Promise<number> {
    return reading(async (client) => {
      const [log = ''] = await client.smembers(logsKey(bench.namespace));
      const { checkpoints } = logKeys(bench.namespace, log);
      const [last] = await client.xrevrange(checkpoints, '+', '-', 'COUNT', 1);
      return JSON.parse(last?.[1][1] ?? '{"seq":0}').seq;
    });
  }

  async function until(holds: () => Promise<boolean>): Promise<void> {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** As a copy of Redis that did not get the last commits. */
  async function fallBackTo(receipt: Receipt | undefined): Promise<void> {
    if (receipt === undefined) throw new Error('no receipt');
    await reading(async (client) => {
      const [log = ''] = await client.smembers(logsKey(bench.namespace));
      const keys = logKeys(bench.namespace, log);
      const name = (await client.hget(keys.head, 'lane')) ?? '';
      await keepFirst(client, keys.lane(name), (seq) => seq <= receipt.seq);
      await client.hset(keys.head, { seq: String(receipt.seq), hash: receipt.hash });
      const isEarlier = (_: number, [, line = '']: string[]) => JSON.parse(line).seq <= receipt.seq;
      await keepFirst(client, keys.checkpoints, isEarlier);
    });
  }

  /** Written anew: a stream remembers what was deleted from it, and newer servers do not go back behind that. */
  async function keepFirst(
    client: RedisClient,
    stream: string,
    isKept: (seq: number, fields: string[]) => boolean,
  ): Promise<void> {
    const entries = await client.xrange(stream, '-', '+');
    const kept = entries.filter(([id, fields]) => isKept(Number(id.split('-')[0]), fields));
    await client.del(stream);
    for (const [id, fields] of kept) await client.xadd(stream, id, ...fields);
  }

  async function hashed(): Promise<readonly (readonly [number, string])[]> {
    return reading(async (client) => {
      const found: (readonly [number, string])[] = [];
      for (const { lanes } of await bench.logs(client)) {
        for (const lane of lanes) {
          for await (const { bytes } of lane.lines) {
            const parsed = parseCommit(Buffer.from(bytes).toString());
            const commits = parsed.ok ? parsed.commit.records : [];
            found.push(...commits.map(({ record, hash }) => [record.seq, hash] as const));
          }
        }
      }
      return found;
    });
  }
});

async function recordsIn(logs: readonly EvidenceSource[]): Promise<readonly StoredRecord[]> {
  const found: StoredRecord[] = [];
  for (const { lanes } of logs) {
    for (const lane of lanes) {
      for await (const { bytes } of lane.lines) {
        const parsed = parseCommit(Buffer.from(bytes).toString());
        if (parsed.ok) found.push(...parsed.commit.records.map(({ record }) => record));
      }
    }
  }
  return found;
}
