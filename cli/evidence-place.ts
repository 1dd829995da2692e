// Where a command reads evidence from: the folder of one gateway, or the Redis that several share.

import { indexSessions } from '#core/evidence/index-sessions.ts';
import { joinLog } from '#core/evidence/join-logs.ts';
import type { EvidenceSource, StoredAnchor } from '#core/evidence/source.ts';
import {
  type RecordedSessions,
  recordingReader,
  type StoredBlobs,
} from '#core/recordings/recorded-messages.ts';
import { readAnchors } from '#platform/file/anchors.ts';
import { archivedLogs } from '#platform/file/archive.ts';
import { openArchive } from '#platform/file/archive-source.ts';
import { archiveSessions, findArchivedBlobs } from '#platform/file/archived-sessions.ts';
import { openEvidence } from '#platform/file/evidence-source.ts';
import { fileSessions } from '#platform/file/recorded-sessions.ts';
import { connectRedis, type RedisClient } from '#platform/redis/client.ts';
import { findRedisBlobs, openRedisEvidence, readCuts } from '#platform/redis/evidence-source.ts';
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
      /** Where the beginnings of logs are that were cut off in Redis. */
      readonly archive: string | undefined;
    };

export interface PlaceFlags {
  readonly data?: string | undefined;
  readonly redis: RedisTarget | undefined;
  readonly redisNamespace: Namespace;
  readonly redisCa: string | undefined;
  readonly archive?: string | undefined;
}

/** Undefined when neither is given. */
export function placeOf(flags: PlaceFlags): EvidencePlace | undefined {
  const { data, redis, redisNamespace: namespace, redisCa: caFile, archive } = flags;
  if (redis !== undefined) return { kind: 'redis', target: redis, namespace, caFile, archive };
  if (archive !== undefined) {
    throw new UsageError('--archive goes with --redis; an archive alone is named as a folder is');
  }
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
  if (place.kind === 'folder') {
    const archived = await openArchive(place.directory, trustFile);
    const logs = archived?.map(({ source }) => source);
    return read(logs ?? [await openEvidence(place.directory, trustFile)]);
  }
  return withRedis(place, (client) =>
    readUncut(client, place.namespace, async () => {
      // Anchors first: they only name what is already in Redis.
      const anchors = trustFile === undefined ? undefined : await readAnchors(trustFile);
      return read(await redisLogs(client, place, anchors));
    }),
  );
}

/** Reads sessions and what was said in them. */
export async function withSessions<Result>(
  place: EvidencePlace,
  read: (recorded: RecordedSessions) => Promise<Result>,
): Promise<Result> {
  if (place.kind === 'redis') {
    return withRedis(place, (client) => read(redisAndArchive(client, place)));
  }
  const isArchive = (await archivedLogs(place.directory)) !== undefined;
  return read(isArchive ? archiveSessions(place.directory) : fileSessions(place.directory));
}

type RedisPlace = EvidencePlace & { readonly kind: 'redis' };

function redisAndArchive(client: RedisClient, place: RedisPlace): RecordedSessions {
  const { namespace, archive } = place;
  if (archive === undefined) return redisSessions(client, namespace);
  return {
    sessions: (isWanted) =>
      readUncut(client, namespace, async () =>
        indexSessions(await redisLogs(client, place, undefined), isWanted),
      ),
    recordings: async (wanted, opener) => {
      const places = [
        await findArchivedBlobs(archive, wanted),
        await findRedisBlobs(client, namespace, wanted),
      ];
      return recordingReader({ read: (digest) => firstOf(places, digest) }, opener);
    },
  };
}

async function firstOf(places: readonly StoredBlobs[], digest: string) {
  for (const place of places) {
    const found = await place.read(digest);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The archive first: what is cut off in Redis is in it by then. */
async function redisLogs(
  client: RedisClient,
  { namespace, archive }: RedisPlace,
  anchors: readonly StoredAnchor[] | undefined,
): Promise<readonly EvidenceSource[]> {
  const archived = archive === undefined ? [] : await openNamedArchive(archive);
  const bases = new Map(
    archived.flatMap(({ log, end }) => (end === undefined ? [] : [[log, end]])),
  );
  const logs = await openRedisEvidence(client, namespace, anchors, bases);
  const rest = new Map(logs.map(({ log, source }) => [log, source]));
  const joined = archived.map(({ log, source }) => {
    const more = rest.get(log) ?? { anchors, checkpoints: undefined, lanes: [], strays: [] };
    rest.delete(log);
    return joinLog(source, more);
  });
  return [...joined, ...rest.values()];
}

async function openNamedArchive(directory: string) {
  const archived = await openArchive(directory, undefined);
  if (archived !== undefined) return archived;
  throw new UsageError(
    '--archive: is no archive; name the folder given to "gatehouse evidence archive" as --to',
  );
}

/** An archiver that cuts while somebody reads makes it look as if something were missing: then all is read again. */
const MAX_READINGS = 5;

async function readUncut<Result>(
  client: RedisClient,
  namespace: Namespace,
  read: () => Promise<Result>,
): Promise<Result> {
  for (let reading = 1; ; reading += 1) {
    const before = await readCuts(client, namespace);
    const result = await read();
    if (reading === MAX_READINGS || before === (await readCuts(client, namespace))) return result;
  }
}

async function withRedis<Result>(
  { target, caFile }: RedisPlace,
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
