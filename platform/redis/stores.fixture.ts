// Approval stores on a Redis of tests, each in a namespace of its own unless they are to meet.

import { TRUSTED } from '#core/approvals/approvals.testkit.ts';
import type { StoreOptions } from '#core/approvals/store.testkit.ts';
import type { ApprovalStore } from '#core/approvals/store.ts';
import type { ScriptClock } from './approval-steps.ts';
import { openRedisApprovalStore, type RedisApprovalStoreOptions } from './approval-store.ts';
import { connectRedis, type RedisClient } from './client.ts';
import { type Namespace, readNamespace } from './keys.ts';
import { readRedisUrl } from './target.ts';

export function namespace(text: string): Namespace {
  const name = readNamespace(text);
  if (name === undefined) throw new Error(text);
  return name;
}

export function connectTo(url: string): Promise<RedisClient> {
  return connectRedis(readRedisUrl(url, 'test'), { name: 'gatehouse-test' });
}

export async function openStore(
  url: string,
  name: Namespace,
  options: Partial<RedisApprovalStoreOptions> = {},
): Promise<ApprovalStore> {
  const [client, listener] = await Promise.all([connectTo(url), connectTo(url)]);
  const given = { client, listener, namespace: name, trusted: TRUSTED };
  return openRedisApprovalStore({ ...given, ...options });
}

/** Contracts move their own clock: each step is told the time, as Redis would tell it. */
export function clockOf({ nowMillis }: Pick<StoreOptions, 'nowMillis'>): ScriptClock {
  return {
    lua: 'local function now() return tonumber(ARGV[#ARGV]) end',
    args: () => [String(nowMillis())],
  };
}
