// Where the state of a gateway lives: files under --data, or the Redis that its replicas share. The keys
// stay in files either way.

import { mkdir } from 'node:fs/promises';
import type { ApprovalStore } from '#core/approvals/store.ts';
import type { Ledger } from '#core/evidence/ledger.ts';
import type { RunningLedger } from '#core/evidence/running-ledger.ts';
import type { SignatureKey } from '#core/evidence/signature.ts';
import { anchorFile, readAnchor, writeAnchor } from '#platform/file/anchors.ts';
import { openFileApprovalStore } from '#platform/file/approval-store.ts';
import { openFileLedger } from '#platform/file/ledger.ts';
import type { TrustKey } from '#platform/file/trust-key.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import { openRedisApprovalStore } from '#platform/redis/approval-store.ts';
import { connectRedis, placesOf, type RedisClient } from '#platform/redis/client.ts';
import { type OwnCheckpoints, openRedisLedger } from '#platform/redis/ledger.ts';
import { checkPosture } from '#platform/redis/posture.ts';
import type { RedisSettings } from '#platform/redis/settings.ts';
import type { SidecarSettings } from './settings.ts';

export interface StateContext {
  readonly settings: SidecarSettings;
  readonly clock: Clock;
  readonly log: Logger;
}

export async function openLedger(
  { settings, clock, log }: StateContext,
  trustKey: TrustKey,
): Promise<Ledger> {
  const { dataDir, version, redis } = settings;
  const now = () => clock.timestamp();
  if (redis === undefined) return openFileLedger({ dataDir, trustKey, version, now });
  const { publicKeyFile } = trustKey;
  // Keys are files still; all replicas are given the same.
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  return openSharedLedger({ settings, clock, log }, redis, {
    trust: trustKey,
    anchors: {
      read: async (name) => (await readAnchor(anchorFile(publicKeyFile, name)))?.text,
      write: (name, line) => writeAnchor(anchorFile(publicKeyFile, name), line),
    },
  });
}

/** Without `checkpoints` its lane opens uncertified, and is checkpointed by whoever holds the trust key. */
export async function openSharedLedger(
  { settings, clock, log }: StateContext,
  redis: RedisSettings,
  checkpoints?: OwnCheckpoints,
): Promise<RunningLedger> {
  const client = await connect(redis, 'gatehouse-evidence', log);
  await announcePosture(redis, client, log);
  return openRedisLedger({
    client,
    namespace: redis.namespace,
    checkpoints,
    version: settings.version,
    now: () => clock.timestamp(),
    waitReplicas: redis.waitReplicas,
    onFork: () =>
      log.error(
        'another gateway took over the evidence of this one: calls are refused until it is restarted',
      ),
  });
}

export async function openApprovalStore(
  { settings, clock, log }: StateContext,
  trusted: readonly SignatureKey[],
): Promise<ApprovalStore> {
  const { dataDir, redis } = settings;
  if (redis === undefined) {
    const nowMillis = () => Math.floor(clock.epochSeconds() * 1000);
    return openFileApprovalStore({ dataDir, trusted, nowMillis });
  }
  const client = await connect(redis, 'gatehouse-approvals', log);
  try {
    const listener = await connect(redis, 'gatehouse-changes', log);
    return await openRedisApprovalStore({ client, listener, namespace: redis.namespace, trusted });
  } catch (error) {
    client.disconnect();
    throw error;
  }
}

export function connect(
  { target, ca }: RedisSettings,
  name: string,
  log: Logger,
): Promise<RedisClient> {
  return connectRedis(target, {
    name,
    ...(ca === undefined ? {} : { ca }),
    onError: (code) => log.warn('Redis cannot be reached', { connection: name, code }),
  });
}

async function announcePosture(
  { target, namespace }: RedisSettings,
  client: RedisClient,
  log: Logger,
): Promise<void> {
  try {
    const { version, durability, replicas, warnings } = await checkPosture(client);
    const places = placesOf(target);
    log.info('state lives in Redis', { places, namespace, version, durability, replicas });
    for (const warning of warnings) log.warn('Redis could be set more safely', { warning });
  } catch (error) {
    client.disconnect();
    throw error;
  }
}
