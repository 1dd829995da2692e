// Opens the logs of a namespace for the verifier, also while gateways write to them: how far the checkpoints
// of a log reach is noted before its lanes, so that each names only what the next already holds.

import { type LogBase, parseMarker } from '#core/evidence/archive-marker.ts';
import { laneOfBlobFile, parseLaneFileName } from '#core/evidence/lane.ts';
import type {
  EvidenceSource,
  StoredAnchor,
  StoredFile,
  StoredRecordings,
} from '#core/evidence/source.ts';
import type { StoredBlobs, WantedBlob } from '#core/recordings/recorded-messages.ts';
import type { RedisClient } from './client.ts';
import { type LogKeys, logKeys, logsKey, type Namespace } from './keys.ts';
import { recordingEntries, streamBlobs, streamLines, WHOLE } from './stream-lines.ts';

export interface RedisLog {
  /** Id of its first lane. */
  readonly log: string;
  readonly source: EvidenceSource;
}

/** How far an archive that is read too reaches, by log; those that it does not hold are not in it. */
export type ArchivedBases = ReadonlyMap<string, LogBase>;

/** `anchors`: those beside the trust key; undefined when there is no place outside Redis to look at. */
export async function openRedisEvidence(
  client: RedisClient,
  namespace: Namespace,
  anchors: readonly StoredAnchor[] | undefined,
  archived: ArchivedBases = new Map(),
): Promise<readonly RedisLog[]> {
  const logs: RedisLog[] = [];
  for (const log of await logNames(client, namespace)) {
    const place = { log, keys: logKeys(namespace, log), base: archived.get(log) };
    logs.push({ log, source: { anchors, ...(await openLog(client, place)) } });
  }
  return logs;
}

export async function logNames(
  client: RedisClient,
  namespace: Namespace,
): Promise<readonly string[]> {
  return (await client.smembers(logsKey(namespace))).sort();
}

/** Where each log was cut off, as one text: another one after reading means that it was cut meanwhile. */
export async function readCuts(client: RedisClient, namespace: Namespace): Promise<string> {
  const cuts: string[] = [];
  for (const log of await logNames(client, namespace)) {
    cuts.push((await client.get(logKeys(namespace, log).archived)) ?? '');
  }
  return cuts.join('\n');
}

interface LogPlace {
  readonly log: string;
  readonly keys: LogKeys;
  readonly base: LogBase | undefined;
}

async function openLog(
  client: RedisClient,
  { log, keys, base: archived }: LogPlace,
): Promise<Omit<EvidenceSource, 'anchors'>> {
  const text = archived === undefined ? await client.get(keys.archived) : null;
  const base = archived ?? parseMarker(text ?? '');
  const from = base === undefined ? '-' : `${base.checkpoint.n + 1}`;
  const checkpoints = await streamFile(client, keys.checkpoints, `${log}/checkpoints.jsonl`, from);
  const names = await client.zrange(keys.lanes, 0, '-1');
  const files: StoredFile[] = [];
  const recordings = new Map<string, StoredRecordings>();
  for (const name of names.filter(isLaneName)) {
    const start = startIn(name, base);
    if (start === undefined) continue;
    files.push(await streamFile(client, keys.lane(name), `${log}/lanes/${name}.jsonl`, start));
    const blobs = streamBlobs(client, keys.recordings(name), { start, end: '+' });
    const lane = laneOfBlobFile(`${name}.blobs`) ?? '';
    recordings.set(lane, { name: `${log}/recordings/${name}.blobs`, blobs });
  }
  return {
    checkpoints,
    lanes: files,
    recordings,
    ...(text === null ? {} : { marker: { file: `${log}/archived`, text } }),
    strays: names.filter((name) => !isLaneName(name)).map((name) => `${log}/lanes/${name}`),
  };
}

export function isLaneName(name: string): boolean {
  return parseLaneFileName(`${name}.jsonl`) !== undefined;
}

/** The id from which a lane is read; undefined when all of it is archived. */
export function startIn(name: string, base: LogBase | undefined): string | undefined {
  const ordinal = parseLaneFileName(`${name}.jsonl`)?.ordinal ?? 0;
  const { ordinal: first = 0, seq = 0 } = base?.checkpoint ?? {};
  if (ordinal < first) return undefined;
  return ordinal === first ? `${seq + 1}` : '-';
}

/** As long as it is now: what is written faster than it is read would never end. */
async function streamFile(
  client: RedisClient,
  key: string,
  name: string,
  start: string,
): Promise<StoredFile> {
  const [last] = await client.xrevrange(key, '+', '-', 'COUNT', 1);
  // Where nothing is, nothing that comes meanwhile is read either.
  return { name, lines: streamLines(client, key, { start, end: last?.[0] ?? '0-1' }) };
}

/** Finds single recordings, by lane and digest; reads only the lanes that are asked for. */
export async function findRedisBlobs(
  client: RedisClient,
  namespace: Namespace,
  wanted: readonly WantedBlob[],
): Promise<StoredBlobs> {
  const lanes = Map.groupBy(wanted, ({ lane }) => lane);
  const places = new Map<string, readonly [key: string, id: string]>();
  for (const log of await client.smembers(logsKey(namespace))) {
    const keys = logKeys(namespace, log);
    for (const name of await client.zrange(keys.lanes, 0, '-1')) {
      const digests = lanes.get(laneOfBlobFile(`${name}.blobs`) ?? '');
      if (digests === undefined) continue;
      const key = keys.recordings(name);
      const named = new Set(digests.map(({ digest }) => digest));
      for await (const [id, [, digest]] of recordingEntries(client, key, WHOLE)) {
        const text = digest?.toString() ?? '';
        if (named.has(text)) places.set(text, [key, id]);
      }
    }
  }
  return {
    read: async (digest) => {
      const [key, id] = places.get(digest) ?? [];
      if (key === undefined || id === undefined) return undefined;
      const [entry] = await client.xrangeBuffer(key, id, id);
      return entry?.[1][3];
    },
  };
}
