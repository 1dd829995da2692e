// What a Redis must be set to before anybody relies on it, read from INFO, which every user may have.
// What would lose evidence or grants without a word is refused; what only weakens is said.

import { codeOf, type RedisClient } from './client.ts';
import { RedisFault } from './fault.ts';

export interface Posture {
  /** Of the server, such as `7.0.15`. */
  readonly version: string;
  /** `Strict`: each write is on disk before it is acknowledged. */
  readonly durability: 'Strict' | 'Relaxed';
  /** How many replicas follow it. */
  readonly replicas: number;
  /** What could be better: one sentence each, with what to set. */
  readonly warnings: readonly string[];
}

/** Rejects with RedisFault when the server must not be used as it is set. */
export async function checkPosture(client: RedisClient): Promise<Posture> {
  return judgePosture(await readInfo(client), await fsyncPolicy(client));
}

export type Info = ReadonlyMap<string, string>;

export function parseInfo(text: string): Info {
  return new Map(
    text.split('\r\n').flatMap((line): readonly (readonly [string, string])[] => {
      const at = line.indexOf(':');
      return line.startsWith('#') || at === -1 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    }),
  );
}

/** `fsync` is undefined where the user may not ask for it. */
export function judgePosture(info: Info, fsync: string | undefined): Posture {
  const version = info.get('redis_version') ?? '0';
  const faults = [
    ...(majorOf(version) >= 7
      ? []
      : [`is version ${version}: needs Redis 7.0 or newer, or Valkey`]),
    ...(info.get('maxmemory_policy') === 'noeviction'
      ? []
      : ['may forget evidence and grants when it is full: set "maxmemory-policy noeviction"']),
    ...(info.get('aof_enabled') === '1'
      ? []
      : ['loses what it acknowledged when it restarts: set "appendonly yes"']),
    ...(info.get('role') === 'slave' ? ['is a replica: name the primary, or its Sentinels'] : []),
  ];
  if (faults.length > 0) {
    throw new RedisFault('posture', `Redis ${faults.join('; it ')}; see docs/redis.md`);
  }
  const isStrict = fsync === 'always';
  return {
    version,
    durability: isStrict ? 'Strict' : 'Relaxed',
    replicas: Number(info.get('connected_slaves') ?? 0),
    warnings: isStrict
      ? []
      : [
          fsync === undefined
            ? 'whether Redis writes to disk before it answers could not be read (CONFIG GET appendfsync): taken as not'
            : `Redis may lose the last second when its machine fails (appendfsync ${fsync}): set "appendfsync always"`,
        ],
  };
}

async function readInfo(client: RedisClient): Promise<Info> {
  try {
    return parseInfo(await client.info());
  } catch (error) {
    throw new RedisFault(
      'posture',
      `Redis does not say how it is set (INFO: ${codeOf(error)}); see docs/redis.md for what its user needs`,
      { cause: error },
    );
  }
}

async function fsyncPolicy(client: RedisClient): Promise<string | undefined> {
  try {
    const [, value] = (await client.config('GET', 'appendfsync')) as readonly string[];
    return value;
  } catch {
    // Many services forbid CONFIG; then nothing better is assumed.
    return undefined;
  }
}

function majorOf(version: string): number {
  return Number(version.split('.')[0]);
}
