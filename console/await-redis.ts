// A console may start before its Redis, or before that knows its user, as when a chart is installed: then it waits.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '#platform/process/log.ts';
import { codeOf, placesOf, type RedisClient } from '#platform/redis/client.ts';
import { RedisFault } from '#platform/redis/fault.ts';
import { checkPosture } from '#platform/redis/posture.ts';
import { connect, type NamespaceParts } from './open-namespace.ts';

/** The connection that sessions are read over, to a Redis that may be used; undefined when asked to stop before it was there. */
export async function firstReader(
  { settings, log }: Pick<NamespaceParts, 'settings' | 'log'>,
  stop: AbortSignal,
  patienceMillis: number,
): Promise<RedisClient | undefined> {
  const places = placesOf(settings.redis.target);
  const reader = await awaitRedis({
    connect: () => connect('gatehouse-console', { settings, log }),
    onWait: (code) => {
      const seconds = patienceMillis / 1000;
      log.warn('Redis cannot be used yet: waiting for it', { places, code, seconds });
    },
    ...{ stop, patienceMillis },
  });
  if (reader !== undefined) await announcePosture(places, reader, log);
  return reader;
}

async function announcePosture(places: string, reader: RedisClient, log: Logger): Promise<void> {
  try {
    const { version, durability, replicas, warnings } = await checkPosture(reader);
    log.info('state lives in Redis', { places, version, durability, replicas });
    for (const warning of warnings) log.warn('Redis could be set more safely', { warning });
  } catch (error) {
    reader.disconnect();
    throw error;
  }
}

export interface Awaiting {
  readonly connect: () => Promise<RedisClient>;
  readonly stop: AbortSignal;
  /** For longer nobody waits: whoever started the console must hear why it does not serve. */
  readonly patienceMillis: number;
  /** Told once, with the code of the first failure, such as ECONNREFUSED. */
  readonly onWait: (code: string) => void;
  readonly retryMillis?: number;
}

const RETRY_MILLIS = 1000;

/**
 * The first connection; undefined when asked to stop meanwhile. Rejects with the last RedisFault when it has waited long
 * enough, and at once with whatever waiting does not mend.
 */
export async function awaitRedis(awaiting: Awaiting): Promise<RedisClient | undefined> {
  const { connect, stop, patienceMillis, onWait, retryMillis = RETRY_MILLIS } = awaiting;
  const untilMillis = performance.now() + patienceMillis;
  for (let attempt = 1; !stop.aborted; attempt += 1) {
    try {
      return await connect();
    } catch (error) {
      if (!isAway(error) || performance.now() >= untilMillis) throw error;
      if (attempt === 1) onWait(codeOf(error.cause));
    }
    await sleep(retryMillis, undefined, { signal: stop }).catch(() => {});
  }
  return undefined;
}

function isAway(error: unknown): error is RedisFault {
  return error instanceof RedisFault && error.code === 'unreachable';
}
