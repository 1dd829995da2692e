// What a start finds in Redis: the logs that nobody writes, where each ends, and whether it still holds
// what the newest known checkpoint vouches for.

import {
  type Checkpoint,
  type CheckpointLink,
  checkpointHash,
  isCheckpointSignedBy,
  parseCheckpoint,
} from '#core/evidence/checkpoint.ts';
import { isIntact, parseCommit } from '#core/evidence/commit.ts';
import { parseLaneFileName } from '#core/evidence/lane.ts';
import type { LaneBefore } from '#core/evidence/open-lane.ts';
import { type LaneOpening, type LostRecords, parseOpening } from '#core/evidence/opening.ts';
import {
  bytesDigest,
  findSignatureKey,
  NO_HASH,
  type SignatureKey,
} from '#core/evidence/signature.ts';
import type { RedisClient } from './client.ts';
import { type LogKeys, logKeys, logsKey, type Namespace } from './keys.ts';

/** A log to go on with. */
export interface FreeLog {
  readonly keys: LogKeys;
  /** As it stands in Redis, for the step that takes it over. */
  readonly seen: { readonly lane: string; readonly seq: string; readonly hash: string };
  readonly before: LaneBefore;
  readonly lost?: LostRecords;
  /** When its newest checkpoint was made; undefined when there is none. */
  readonly lastAt: string | undefined;
  readonly link: CheckpointLink;
}

export interface LogPlaces {
  readonly client: RedisClient;
  readonly namespace: Namespace;
  /** Undefined where another program checkpoints: then what is lost is for that one to find. */
  readonly checkpoints?: KnownCheckpoints | undefined;
}

interface KnownCheckpoints {
  readonly trust: SignatureKey;
  /** The checkpoint of a log that is kept beside the trust key. */
  readonly readAnchor: (log: string) => Promise<string | undefined>;
}

/**
 * Logs of this trust key that nobody writes and that end as a writer leaves them. One that does not is left
 * as it is, for the verifier.
 */
export async function* freeLogs(places: LogPlaces): AsyncGenerator<FreeLog> {
  const { client, namespace } = places;
  for (const log of (await client.smembers(logsKey(namespace))).sort()) {
    const keys = logKeys(namespace, log);
    const isWritten = (await client.exists(keys.writer)) === 1;
    const free = isWritten ? undefined : await readLog(log, keys, places);
    if (free !== undefined) yield free;
  }
}

/** Where the newest lane of a log stands, as its gateway wrote it. */
export interface NewestLane {
  readonly name: string;
  readonly lane: string;
  readonly ordinal: number;
  readonly seq: number;
  readonly hash: string;
  readonly opening: LaneOpening;
  /** Id of the trust key that its gateway holds; empty where another program checkpoints it. */
  readonly trust: string;
  /** It ended with lane.close. */
  readonly isClosed: boolean;
}

/** Undefined when there is none, or when it does not end as a gateway leaves it. */
export async function newestLane(
  keys: LogKeys,
  client: RedisClient,
): Promise<NewestLane | undefined> {
  const head = await client.hgetall(keys.head);
  const { lane: name = '', seq = '', hash = '', opening: line = '', trust = '' } = head;
  const place = parseLaneFileName(`${name}.jsonl`);
  const opening = openingIn(line);
  if (place === undefined || opening === undefined) return undefined;
  const { ordinal, lane } = place;
  const end = { lane, seq, hash, key: opening.publicKey };
  const isClosed = await endsAt(keys.lane(name), end, client);
  if (isClosed === undefined) return undefined;
  return { name, lane, ordinal, seq: Number(seq), hash, opening, trust, isClosed };
}

async function readLog(
  log: string,
  keys: LogKeys,
  places: LogPlaces,
): Promise<FreeLog | undefined> {
  const { client, checkpoints } = places;
  const found = await newestLane(keys, client);
  if (found === undefined || found.trust !== (checkpoints?.trust.id ?? '')) return undefined;
  const { lane, ordinal, seq, hash, opening, isClosed: clean } = found;
  const seal = { lane, seq, hash, clean, tornBytes: 0, tornDigest: NOTHING };
  const before = { ordinal, log, recordsBefore: opening.recordsBefore, seal };
  const last = await lastCheckpoint(keys, client);
  const known = checkpoints && (await newestCheckpoint(log, last?.checkpoint, checkpoints));
  const isLost = known !== undefined && known.lane === lane && known.seq > seal.seq;
  return {
    keys,
    seen: { lane: found.name, seq: String(seq), hash },
    before,
    ...(isLost ? { lost: { lane: known.lane, seq: known.seq, head: known.head } } : {}),
    lastAt: last?.checkpoint.ts,
    link: last?.link ?? { n: 0, hash: NO_HASH },
  };
}

const NOTHING = bytesDigest(new Uint8Array());

function openingIn(line: string) {
  const parsed = parseCommit(line);
  const record = parsed.ok ? parsed.commit.records[0]?.record : undefined;
  return record === undefined ? undefined : parseOpening(record);
}

interface End {
  readonly lane: string;
  readonly seq: string;
  readonly hash: string;
  readonly key: string;
}

/** Whether the lane ended with lane.close; undefined when its last commit is not the one that is named. */
async function endsAt(
  stream: string,
  { lane, seq, hash, key }: End,
  client: RedisClient,
): Promise<boolean | undefined> {
  const [entry] = await client.xrevrange(stream, '+', '-', 'COUNT', 1);
  const parsed = parseCommit(entry?.[1][1] ?? '');
  const signer = findSignatureKey(key);
  if (!parsed.ok || signer === undefined || !isIntact(parsed.commit, lane, signer))
    return undefined;
  const { commit } = parsed;
  const isEnd = commit.head === hash && String(commit.from + commit.records.length - 1) === seq;
  return isEnd ? commit.records.at(-1)?.record.type === 'lane.close' : undefined;
}

export async function lastCheckpoint({ checkpoints }: LogKeys, client: RedisClient) {
  const [entry] = await client.xrevrange(checkpoints, '+', '-', 'COUNT', 1);
  const text = entry?.[1][1] ?? '';
  const checkpoint = parseCheckpoint(text);
  return checkpoint === undefined
    ? undefined
    : { checkpoint, link: { n: checkpoint.n, hash: checkpointHash(text) } };
}

/** From beside the trust key when there is one, since whoever rolls back Redis leaves that. */
async function newestCheckpoint(
  log: string,
  last: Checkpoint | undefined,
  { trust, readAnchor }: KnownCheckpoints,
): Promise<Checkpoint | undefined> {
  const anchor = parseCheckpoint((await readAnchor(log))?.trimEnd() ?? '');
  const isSigned = anchor !== undefined && isCheckpointSignedBy(anchor, trust);
  return isSigned && anchor.n >= (last?.n ?? 0) ? anchor : last;
}
