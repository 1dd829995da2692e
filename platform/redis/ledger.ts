// Evidence in Redis: each gateway writes a log of its own, lane after lane, and a start goes on with a log
// whose writer is gone. The bytes are those of docs/audit-format.md; docs/redis.md says where they lie.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Checkpointer } from '#core/evidence/checkpointer.ts';
import { laneFileName } from '#core/evidence/lane.ts';
import { type LaneStart, type LaneTrust, openLane } from '#core/evidence/open-lane.ts';
import {
  CHECKPOINT_MILLIS,
  type LedgerTimes,
  RunningLedger,
} from '#core/evidence/running-ledger.ts';
import { NO_HASH, type Signer, signatureKey, signerFor } from '#core/evidence/signature.ts';
import { codeOf, type RedisClient } from './client.ts';
import { RedisFault } from './fault.ts';
import { type LogKeys, logKeys, logsKey, type Namespace } from './keys.ts';
import { LaneSink } from './lane-sink.ts';
import { type FreeLog, freeLogs, type LogPlaces } from './log-state.ts';
import { loadScript, runScript } from './script.ts';

export interface RedisLedgerOptions extends LedgerTimes {
  /** Does nothing else; the ledger's to close. */
  readonly client: RedisClient;
  readonly namespace: Namespace;
  /** Undefined where another program holds the trust key: it certifies lanes and signs checkpoints. */
  readonly checkpoints?: OwnCheckpoints | undefined;
  /** Version of the gateway, recorded in lane.open. */
  readonly version: string;
  /** How many replicas must have a record before it counts; default 0. */
  readonly waitReplicas?: number;
  readonly checkpointMillis?: number;
  /** Told once, when another gateway took the log over: every record is refused from then on. */
  readonly onFork?: () => void;
}

export interface OwnCheckpoints {
  readonly trust: LaneTrust;
  /** Checkpoints beside the trust key, outside Redis. */
  readonly anchors: Anchors;
}

export interface Anchors {
  read(log: string): Promise<string | undefined>;
  /** Resolves when it is durable. */
  write(log: string, line: string): Promise<void>;
}

const OPEN_LANE = loadScript('open-lane');
const RENEW = loadScript('renew-writer');
const RELEASE = loadScript('release-writer');

/** A writer that is not heard of for so long is gone, and its log free. */
const WRITER_MILLIS = 15_000;
const RENEW_MILLIS = 4_000;

/** Rejects with RedisFault, and closes the connection, when no lane can be begun. */
export async function openRedisLedger(options: RedisLedgerOptions): Promise<RunningLedger> {
  try {
    return await begin(options);
  } catch (cause) {
    options.client.disconnect();
    if (cause instanceof RedisFault || !isReply(cause)) throw cause;
    const message = `evidence cannot be written to Redis (${codeOf(cause)}); see docs/redis.md`;
    throw new RedisFault('posture', message, { cause });
  }
}

interface Begun {
  readonly start: LaneStart;
  readonly signer: Signer;
  readonly keys: LogKeys;
  readonly name: string;
  readonly nonce: string;
  readonly link: FreeLog['link'];
}

/**
 * Ends each log whose gateway died without ending its lane, as the next start would: with a lane that seals it, and
 * holds nothing else. Tells how many; the connection stays its owner's.
 */
export async function sealDeadLanes(
  options: RedisLedgerOptions,
  isDead: (lastAt: string) => boolean,
): Promise<number> {
  let count = 0;
  for await (const free of freeLogs(placesOf(options))) {
    const isOpen = !free.before.seal.clean && isDead(free.lastAt ?? '');
    const begun = isOpen ? await tryLane(options, free) : undefined;
    if (begun === undefined) continue;
    await (await runLane(options, begun, () => {})).close('sealed');
    count += 1;
  }
  return count;
}

async function begin(options: RedisLedgerOptions): Promise<RunningLedger> {
  return runLane(options, await beginLane(options), () => options.client.disconnect());
}

async function runLane(
  options: RedisLedgerOptions,
  begun: Begun,
  disconnect: () => void,
): Promise<RunningLedger> {
  const { client, checkpoints } = options;
  const { start, signer, keys, name, nonce } = begun;
  const { head } = start.commit;
  const { waitReplicas = 0, onFork = () => {} } = options;
  const sink = new LaneSink({ client, keys, name, head, waitReplicas, onFork });
  const checkpointer = checkpoints && checkpointerOf(begun, sink, { ...options, checkpoints });
  await checkpointer?.flush();
  const renewing = setInterval(() => {
    // When this cannot be said, nor can anything be written; the next time it is.
    runScript(client, RENEW, [keys.head, keys.writer], [nonce, WRITER_MILLIS, name]).catch(
      () => {},
    );
  }, RENEW_MILLIS).unref();
  return new RunningLedger({
    start,
    signer,
    times: options,
    checkpointer,
    write: (commit, blobs) => sink.write(commit, blobs),
    release: async () => {
      clearInterval(renewing);
      await runScript(client, RELEASE, [keys.writer], [nonce]).catch(() => {});
      disconnect();
    },
  });
}

function checkpointerOf(
  { start, link }: Begun,
  sink: LaneSink,
  options: RedisLedgerOptions & { readonly checkpoints: OwnCheckpoints },
): Checkpointer {
  const { trust, anchors } = options.checkpoints;
  return new Checkpointer(
    {
      append: (line) => sink.checkpoint(line),
      anchor: (line) => anchors.write(start.log, line),
      link,
      trust,
      lane: start,
      now: options.now,
      intervalMillis: options.checkpointMillis ?? CHECKPOINT_MILLIS,
      monotonicMillis: () => performance.now(),
    },
    start.commit.head,
  );
}

/** Goes on with a log that nobody writes, else begins one. */
async function beginLane(options: RedisLedgerOptions): Promise<Begun> {
  for await (const free of freeLogs(placesOf(options))) {
    const begun = await tryLane(options, free);
    if (begun !== undefined) return begun;
  }
  const begun = await tryLane(options, undefined);
  if (begun !== undefined) return begun;
  throw new RedisFault('data_invalid', 'a new log of evidence has a name that is taken');
}

function placesOf({ client, namespace, checkpoints }: RedisLedgerOptions): LogPlaces {
  const own = checkpoints && {
    trust: signatureKey(checkpoints.trust.signer.publicKey),
    readAnchor: checkpoints.anchors.read,
  };
  return { client, namespace, checkpoints: own };
}

/** Undefined when somebody else was quicker. */
async function tryLane(
  { client, namespace, checkpoints, version, now }: RedisLedgerOptions,
  free: FreeLog | undefined,
): Promise<Begun | undefined> {
  const trust = checkpoints?.trust;
  const signer = signerFor(generateKeyPairSync('ed25519').privateKey);
  const bootNonce = randomBytes(16).toString('hex');
  const start = openLane({
    ...{ signer, trust, bootNonce, version, startedAt: now() },
    ...(free === undefined ? {} : { before: free.before }),
    ...(free?.lost === undefined ? {} : { lost: free.lost }),
  });
  const keys = logKeys(namespace, start.log);
  const name = laneFileName(start.ordinal, start.lane).replace(/\.jsonl$/, '');
  // Known as a log before there is anything in it: nothing can be written that no reader would find.
  await client.sadd(logsKey(namespace), start.log);
  const { lane = '', seq = '', hash = '' } = free?.seen ?? {};
  const answer = await runScript(
    client,
    OPEN_LANE,
    [keys.head, keys.writer, keys.lanes, keys.lane(name)],
    [
      ...[bootNonce, WRITER_MILLIS, lane, seq, hash, name, start.ordinal],
      ...[start.commit.line, start.commit.head.hash, trust?.id ?? ''],
    ],
  );
  const link = free?.link ?? { n: 0, hash: NO_HASH };
  return answer === 'OK' ? { start, signer, keys, name, nonce: bootNonce, link } : undefined;
}

function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}
