// Where a command reads evidence from: the folder of one gateway, or the Redis that several share.

import type { EvidenceSource } from '#core/evidence/source.ts';
import type { RecordedSessions } from '#core/recordings/recorded-messages.ts';
import { readAnchors } from '#platform/file/anchors.ts';
import { openEvidence } from '#platform/file/evidence-source.ts';
import { fileSessions } from '#platform/file/recorded-sessions.ts';
import { connectRedis, type RedisClient } from '#platform/redis/client.ts';
import { openRedisEvidence } from '#platform/redis/evidence-source.ts';
import { RedisFault } from '#platform/redis/fault.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import { redisSessions } from '#platform/redis/recorded-sessions.ts';
import type { RedisTarget } from '#platform/redis/target.ts';
import { UsageError } from './command.ts';
import { readCa } from './redis-flags.ts';

export type EvidencePlace =
  | { readonly kind: 'folder'; readonly directory: string }
  | {
      readonly kind: 'redis';
      readonly target: RedisTarget;
      readonly namespace: Namespace;
      readonly caFile: string | undefined;
    };

export interface PlaceFlags {
  readonly data?: string | undefined;
  readonly redis: RedisTarget | undefined;
  readonly redisNamespace: Namespace;
  readonly redisCa: string | undefined;
}

/** Undefined when neither is given. */
export function placeOf(flags: PlaceFlags): EvidencePlace | undefined {
  const { data, redis, redisNamespace: namespace, redisCa: caFile } = flags;
  if (redis !== undefined) return { kind: 'redis', target: redis, namespace, caFile };
  return data === undefined ? undefined : { kind: 'folder', directory: data };
}

/** The same for a command that cannot do without. */
export function requiredPlace(flags: PlaceFlags): EvidencePlace {
  const place = placeOf(flags);
  if (place !== undefined) return place;
  throw new UsageError(
    '--data is missing; name the directory given to "gatehouse run", or --redis',
  );
}

/** Opens the logs, gives them to `read`, and closes what was opened. */
export async function withLogs<Result>(
  place: EvidencePlace,
  trustFile: string | undefined,
  read: (logs: readonly EvidenceSource[]) => Promise<Result>,
): Promise<Result> {
  if (place.kind === 'folder') return read([await openEvidence(place.directory, trustFile)]);
  // Anchors first: they only name what is already in Redis.
  const anchors = trustFile === undefined ? undefined : await readAnchors(trustFile);
  return withRedis(place, async (client) => {
    const logs = await openRedisEvidence(client, place.namespace, anchors);
    return read(logs.map(({ source }) => source));
  });
}

/** Reads sessions and what was said in them. */
export async function withSessions<Result>(
  place: EvidencePlace,
  read: (recorded: RecordedSessions) => Promise<Result>,
): Promise<Result> {
  return place.kind === 'folder'
    ? read(fileSessions(place.directory))
    : withRedis(place, (client) => read(redisSessions(client, place.namespace)));
}

async function withRedis<Result>(
  { target, caFile }: EvidencePlace & { readonly kind: 'redis' },
  use: (client: RedisClient) => Promise<Result>,
): Promise<Result> {
  const ca = await readCa(caFile);
  const options = { name: 'gatehouse-reader', ...(ca === undefined ? {} : { ca }) };
  const client = await connectRedis(target, options).catch((error: unknown) => {
    throw error instanceof RedisFault ? new UsageError(`--redis: ${error.message}`) : error;
  });
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}
