// The authority of the Redis, where it has one of its own: a file of the Secret that names the Redis.

import { readFile } from 'node:fs/promises';
import type { OperatorSettings } from './settings.ts';

const MOUNTED = '/etc/gatehouse/redis/ca.crt';

/** PEM; undefined where none is mounted. One that was named and cannot be read is a fault. */
export async function readRedisCa({
  redisCa,
}: Pick<OperatorSettings, 'redisCa'>): Promise<string | undefined> {
  try {
    return await readFile(redisCa ?? MOUNTED, 'utf8');
  } catch (error) {
    if (redisCa === undefined && Object(error).code === 'ENOENT') return undefined;
    throw error;
  }
}
