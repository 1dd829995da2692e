// What the runtime Secret of the namespace holds besides keys: where Redis is, and what verifies documents.

import { readFile } from 'node:fs/promises';
import { type DocumentVerifier, documentVerifier } from '#platform/documents/signed-text.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import type { RedisSettings } from '#platform/redis/settings.ts';
import { readRedisUrl } from '#platform/redis/target.ts';
import { SettingsFault } from '../settings.ts';
import type { PodFiles } from './settings.ts';

/** Rejects with SettingsFault, or RedisFault for what is wrong with the URL. */
export async function readRedisSettings(
  { redisUrl, redisCa }: PodFiles,
  namespace: Namespace,
): Promise<RedisSettings> {
  const url = (await readGiven(redisUrl)).trim();
  const target = readRedisUrl(url, redisUrl);
  const ca = await readFile(redisCa, 'utf8').catch(() => undefined);
  return { target, namespace, ca, waitReplicas: 0 };
}

export async function readDocumentVerifier({ policyKeys }: PodFiles): Promise<DocumentVerifier> {
  return documentVerifier(await readGiven(policyKeys));
}

async function readGiven(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    const what = `${file}: cannot be read (${code}); the operator writes the Secret gatehouse-runtime`;
    throw new SettingsFault(what, { cause });
  }
}
