// What happens to a Redis while it is in use: killed, failed over, filled, hanging. Each is struck and healed by a test.

import { startRedis, type TestRedis } from '#platform/redis/redis-server.fixture.ts';
import { startSentinel, untilWatched } from '#platform/redis/sentinel.fixture.ts';
import { connectTo } from '#platform/redis/stores.fixture.ts';

export interface Faulty {
  /** Read and stopped at the end. */
  readonly redis: TestRedis;
  readonly url: string;
  readonly strike: () => Promise<void>;
  readonly heal: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface Fault {
  readonly name: string;
  readonly open: () => Promise<Faulty>;
}

export const FAULTS: readonly Fault[] = [
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
