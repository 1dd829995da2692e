// The flags that say where Redis is, for every command that uses one. A password may stand in the
// environment alone: arguments can be read by other processes.

import { readFile } from 'node:fs/promises';
import { RedisFault } from '#platform/redis/fault.ts';
import { type Namespace, readNamespace } from '#platform/redis/keys.ts';
import type { RedisSettings } from '#platform/redis/settings.ts';
import { type RedisTarget, readRedisUrl } from '#platform/redis/target.ts';
import { UsageError } from './command.ts';
import { integer, text } from './flag-kinds.ts';
import type { Flag } from './flags.ts';

const redisUrl: Flag<RedisTarget | undefined> = {
  takes: 'value',
  read: ([given], source) => (given === undefined ? undefined : readTarget(given, source)),
};

const namespace: Flag<Namespace> = {
  takes: 'value',
  read: ([given = 'default'], source) => {
    const name = readNamespace(given);
    if (name !== undefined) return name;
    throw new UsageError(`${source} must be up to 63 lower-case letters, digits and dashes`);
  },
};

export const REDIS_FLAGS = { redis: redisUrl, redisNamespace: namespace, redisCa: text };

/** For whoever writes. */
export const WAIT_FLAG = { redisWaitReplicas: integer(0, 8) };

export const REDIS_USAGE = `  --redis URL            where evidence and approvals live instead: redis://HOST:PORT, rediss:// with TLS,
                         redis+sentinel://HOST:PORT,…/MASTER, or redis://HOST:PORT,HOST:PORT for a Cluster.
                         With a password, give it as GATEHOUSE_REDIS
  --redis-namespace NAME who shares them (default)
  --redis-ca FILE        the authority that signed its certificate, as PEM (the public ones)
`;

/** `source` names it, such as `--redis`; what is not a flag is taken as an argument too. */
export function readTarget(given: string, source: string): RedisTarget {
  try {
    const target = readRedisUrl(given, source);
    if (target.password !== undefined && !source.startsWith('GATEHOUSE_')) {
      throw new UsageError(
        `${source} must not carry a password; arguments can be read by other processes: give the URL as GATEHOUSE_REDIS`,
      );
    }
    return target;
  } catch (error) {
    if (error instanceof RedisFault) throw new UsageError(error.message);
    throw error;
  }
}

/** Undefined when no file is named. */
export async function readCa(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown fault';
    throw new UsageError(`--redis-ca: the file cannot be read (${code})`);
  }
}

export interface RedisFlags {
  readonly redis: RedisTarget | undefined;
  readonly redisNamespace: Namespace;
  readonly redisCa: string | undefined;
  readonly redisWaitReplicas: number | undefined;
}

/** Undefined when no Redis is named. */
export async function redisSettings(flags: RedisFlags): Promise<RedisSettings | undefined> {
  const { redis: target, redisNamespace: namespace, redisCa, redisWaitReplicas = 0 } = flags;
  if (target === undefined) return undefined;
  if (target.kind === 'cluster' && redisWaitReplicas > 0) {
    // WAIT names no key, so a Cluster's client sends it to any node, which says nothing of the record's.
    throw new UsageError(
      '--redis-wait-replicas: cannot be with a Cluster; use Sentinels where a failover must lose no record',
    );
  }
  return { target, namespace, ca: await readCa(redisCa), waitReplicas: redisWaitReplicas };
}
