// Opens the logs of a namespace for the verifier, also while gateways write to them: how far the checkpoints
// of a log reach is noted before its lanes, so that each names only what the next already holds.

import { laneOfBlobFile, parseLaneFileName } from '#core/evidence/lane.ts';
import type {
  EvidenceSource,
  StoredAnchor,
  StoredBlob,
  StoredFile,
  StoredLine,
  StoredRecordings,
} from '#core/evidence/source.ts';
import type { StoredBlobs, WantedBlob } from '#core/recordings/recorded-messages.ts';
import type { RedisClient } from './client.ts';
import { type LogKeys, logKeys, logsKey, type Namespace } from './keys.ts';

export interface RedisLog {
  /** Id of its first lane. */
  readonly log: string;
  readonly source: EvidenceSource;
}

/** Entries fetched at a time: of lines up to 4 MiB each, of recordings up to 48. */
const LINES_AT_ONCE = 16;
const RECORDINGS_AT_ONCE = 1;

/** `anchors`: those beside the trust key; undefined when there is no place outside Redis to look at. */
export async function openRedisEvidence(
  client: RedisClient,
  namespace: Namespace,
  anchors: readonly StoredAnchor[] | undefined,
): Promise<readonly RedisLog[]> {
  const logs: RedisLog[] = [];
  for (const log of (await client.smembers(logsKey(namespace))).sort()) {
    logs.push({ log, source: await openLog(client, log, { namespace, anchors }) });
  }
  return logs;
}

async function openLog(
  client: RedisClient,
  log: string,
  { namespace, anchors }: Pick<EvidenceSource, 'anchors'> & { readonly namespace: Namespace },
): Promise<EvidenceSource> {
  const keys = logKeys(namespace, log);
  const checkpoints = await streamFile(client, keys.checkpoints, `${log}/checkpoints.jsonl`);
  const names = await client.zrange(keys.lanes, 0, '-1');
  const lanes = names.filter((name) => parseLaneFileName(`${name}.jsonl`) !== undefined);
  const files: StoredFile[] = [];
  for (const name of lanes) {
    files.push(await streamFile(client, keys.lane(name), `${log}/lanes/${name}.jsonl`));
  }
  return {
    anchors,
    checkpoints,
    lanes: files,
    recordings: new Map(lanes.map((name) => recordingsOf(client, keys, log, name))),
    strays: names.filter((name) => !lanes.includes(name)).map((name) => `${log}/lanes/${name}`),
  };
}

/** As long as it is now: what is written faster than it is read would never end. */
async function streamFile(client: RedisClient, key: string, name: string): Promise<StoredFile> {
  const [last] = await client.xrevrange(key, '+', '-', 'COUNT', 1);
  return { name, lines: last === undefined ? noLines() : lines(client, key, last[0]) };
}

async function* noLines(): AsyncGenerator<StoredLine> {}

async function* lines(client: RedisClient, key: string, end: string): AsyncGenerator<StoredLine> {
  let number = 0;
  for await (const [, value] of entries(client, key, { end, count: LINES_AT_ONCE })) {
    number += 1;
    yield { number, bytes: value.at(-1) ?? Buffer.alloc(0), isWhole: true, isTooLong: false };
  }
}

function recordingsOf(
  client: RedisClient,
  keys: LogKeys,
  log: string,
  name: string,
): readonly [string, StoredRecordings] {
  const lane = laneOfBlobFile(`${name}.blobs`) ?? '';
  const blobs = storedBlobs(client, keys.recordings(name));
  return [lane, { name: `${log}/recordings/${name}.blobs`, blobs }];
}

async function* storedBlobs(client: RedisClient, key: string): AsyncGenerator<StoredBlob> {
  for await (const [, fields] of entries(client, key, { end: '+', count: RECORDINGS_AT_ONCE })) {
    const [, digest, , bytes] = fields;
    if (digest === undefined || bytes === undefined) {
      yield { kind: 'broken', offset: 0 };
      return;
    }
    const head = { state: 'kept', sizeBytes: bytes.length, digest: digest.toString() } as const;
    yield { kind: 'entry', head, bytes };
  }
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
      const page = { end: '+', count: RECORDINGS_AT_ONCE };
      for await (const [id, [, digest]] of entries(client, key, page)) {
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

type Entry = readonly [id: string, fields: readonly Buffer[]];

async function* entries(
  client: RedisClient,
  key: string,
  { end, count }: { readonly end: string; readonly count: number },
): AsyncGenerator<Entry> {
  let start = '-';
  for (;;) {
    const page = await client.xrangeBuffer(key, start, end, 'COUNT', count);
    for (const [id, fields] of page) yield [id.toString(), fields];
    const last = page.at(-1)?.[0];
    if (last === undefined) return;
    start = `(${last.toString()}`;
  }
}
