import { expect } from 'chai';
import type { StoredRecord } from '#core/evidence/parse-record.ts';
import { startRedis, type TestRedis } from '#platform/redis/redis-server.fixture.ts';
import { startSentinel, untilWatched } from '#platform/redis/sentinel.fixture.ts';
import { connectTo } from '#platform/redis/stores.fixture.ts';
import { type Replicas, rawCall, recordsIn, replicasOn, verify } from './replicas.ts';
import { until } from './until.ts';
import { modernClient } from './waiting-clients.ts';

/** Far longer than any of these takes on a loaded machine. */
const DEADLINE_MS = 30_000;

interface Faulty {
  /** Read and stopped at the end. */
  readonly redis: TestRedis;
  readonly url: string;
  readonly strike: () => Promise<void>;
  readonly heal: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

interface Fault {
  readonly name: string;
  readonly open: () => Promise<Faulty>;
}

async function alone(act: (redis: TestRedis) => Pick<Faulty, 'strike' | 'heal'>): Promise<Faulty> {
  const redis = await startRedis();
  return { redis, url: redis.url, ...act(redis), stop: () => redis.stop() };
}

async function memoryLimit(redis: TestRedis, bytes: string): Promise<void> {
  const admin = await connectTo(redis.url);
  await admin.config('SET', 'maxmemory', bytes);
  admin.disconnect();
}

async function watched(): Promise<Faulty> {
  const primary = await startRedis();
  const posture = ['--appendonly', 'yes', '--appendfsync', 'always'];
  const following = ['--replicaof', '127.0.0.1', String(primary.port)];
  const replica = await startRedis([...posture, '--maxmemory-policy', 'noeviction', ...following]);
  const sentinel = await startSentinel(primary);
  await untilWatched(replica, sentinel);
  return {
    redis: replica,
    url: `redis+sentinel://127.0.0.1:${sentinel.port}/gate`,
    strike: () => primary.kill(),
    // Nobody heals it: the replica takes over.
    heal: async () => {},
    stop: async () => {
      for (const each of [sentinel, replica, primary]) await each.stop();
    },
  };
}

const FAULTS: readonly Fault[] = [
  {
    name: 'is killed and started again',
    open: () => alone((redis) => ({ strike: () => redis.kill(), heal: () => redis.start() })),
  },
  { name: 'fails over to its replica', open: watched },
  {
    name: 'is full, until somebody makes room',
    open: () =>
      alone((redis) => ({
        strike: () => memoryLimit(redis, '1'),
        heal: () => memoryLimit(redis, '0'),
      })),
  },
  {
    name: 'hangs for longer than anybody waits',
    open: () =>
      alone((redis) => ({ strike: async () => redis.freeze(), heal: async () => redis.thaw() })),
  },
];

// Issue 6: whatever Redis does while calls run, nothing is carried out unrecorded, and all goes on by itself.
for (const { name, open } of FAULTS) {
  describe(`two replicas whose Redis ${name} while SDK clients call`, function () {
    this.timeout(120_000);
    let faulty: Faulty;
    let pair: Replicas;

    before(async () => {
      faulty = await open();
      const where = { redis: faulty.redis, redisUrl: faulty.url };
      pair = await replicasOn(where, { holdSeconds: 8 });
    });

    after(async () => {
      await pair?.close();
      await faulty?.stop();
    });

    it('refuse meanwhile, say to try again, record the time, and lose nothing', async () => {
      const heard = { answered: 0, refused: 0 };
      let isOver = false;
      const calling = [pair.one, pair.two, pair.one, pair.two].map(async (at, index) => {
        const token = await pair.rig.token('alice', { audience: at.url });
        const client = await modernClient(at.url, token);
        for (let count = 0; !isOver; count += 1) {
          const told = await client.call('echo', { message: `${index}-${count}` }).then(
            ({ isError, text }) => (isError ? text : undefined),
            (error: unknown) => String(error),
          );
          if (told === undefined) heard.answered += 1;
          else heard.refused += 1;
        }
        await client.close();
      });
      await until('calls that are answered', () => heard.answered > 20, DEADLINE_MS);

      await faulty.strike();
      await until('calls that are refused', () => heard.refused > 0, DEADLINE_MS);
      const refused = await rawCall(pair.rig, pair.one, 'echo', { message: 'meanwhile' });
      const asking = await rawCall(pair.rig, pair.two, 'refund', { amount: 90 });
      await faulty.heal();
      const before = heard.answered;
      await until('calls that are answered again', () => heard.answered > before + 20, DEADLINE_MS);
      isOver = true;
      await Promise.all(calling);
      await pair.one.close();
      await pair.two.close();

      expectRefusal(refused.text);
      expectRefusal(asking.text);
      expect(pair.rig.server.journal.executions('refund')).to.equal(0);
      const records = await recordsIn(pair);
      const types = records.map(({ type }) => type);
      expect(types).to.include.members(['degraded.enter', 'degraded.exit']);
      const { code, verdict, problems, dangling } = await verify(pair);
      expect({ code, verdict, problems, dangling }).to.deep.equal({
        ...{ code: 0, verdict: 'verified', problems: [], dangling: [] },
      });
      expect(sent(records)).to.be.at.least(pair.rig.server.journal.executions('echo'));
    });

    /** Where the replica had taken over already, the call went through. */
    function expectRefusal(text: string): void {
      if (name.includes('fails over') && !text.includes('error')) return;
      expect(text).to.match(/evidence|approval/);
      expect(text).to.include('retryAfterSeconds');
    }
  });
}

/** Calls that have an intent, went to the server, and have an outcome. */
function sent(records: readonly StoredRecord[]): number {
  const intents = new Set(
    records.flatMap(({ type, exchange, message }) =>
      type === 'intent' && message?.target === 'tool:echo' ? [exchange] : [],
    ),
  );
  return records.filter(
    ({ type, exchange, outcome }) =>
      type === 'outcome' && intents.has(exchange) && outcome?.sentMicros !== undefined,
  ).length;
}
