// A real Redis that ledgers write, an archive in a folder, and archivers that may be made to die at any of their steps.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArchiveDraft, ColdLog, HotLog } from '#core/evidence/archive-ports.ts';
import { Archiver, type ArchiverOptions, type Round } from '#core/evidence/archiver.ts';
import { joinLog } from '#core/evidence/join-logs.ts';
import type { EvidenceSource, StoredAnchor } from '#core/evidence/source.ts';
import { type Verification, verifyLogs } from '#core/evidence/verify.ts';
import { FileArchive } from '#platform/file/archive.ts';
import { openArchive } from '#platform/file/archive-source.ts';
import { createClock } from '#platform/process/clock.ts';
import { type RedisArchiveOptions, redisArchiveLogs } from '#platform/redis/archive-logs.ts';
import type { RedisClient } from '#platform/redis/client.ts';
import { openRedisEvidence } from '#platform/redis/evidence-source.ts';
import { type LogKeys, logKeys, logsKey } from '#platform/redis/keys.ts';
import { LedgerBench } from '#platform/redis/ledgers.fixture.ts';
import { startRedis, type TestRedis } from '#platform/redis/redis-server.fixture.ts';
import { connectTo, namespace } from '#platform/redis/stores.fixture.ts';

/** Nothing is held back, so a death leaves all that was written so far. */
const EVERY_BYTE = { chunkBytes: 1 };

/** Steps before one of which an archiver may die, in the order it takes them. */
export type Step = () => void;

export class ArchivingRig {
  readonly redis: TestRedis;
  readonly bench: LedgerBench;
  readonly folder: string;
  readonly client: RedisClient;
  readonly #anchors = new Map<string, string>();
  /** What archivers left open that were made to die; only at the end, for closing tidies up. */
  readonly #left: ArchiveDraft[] = [];

  private constructor(redis: TestRedis, client: RedisClient, folder: string) {
    this.redis = redis;
    this.client = client;
    this.folder = folder;
    this.bench = new LedgerBench(redis.url, namespace('archived'));
  }

  static async start(): Promise<ArchivingRig> {
    const redis = await startRedis();
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-archive-'));
    return new ArchivingRig(redis, await connectTo(redis.url), folder);
  }

  async close(): Promise<void> {
    for (const draft of this.#left) await draft.drop();
    this.client.disconnect();
    await this.redis.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** One round of an archiver of its own; `step` may throw before each thing it does. */
  async round(options: Partial<RoundOptions> = {}): Promise<Round> {
    const { folder = 'archive', step = () => {}, keepMillis = 0, deadAfterMillis } = options;
    const cold = await FileArchive.open(join(this.folder, folder), EVERY_BYTE);
    try {
      const writing: RedisArchiveOptions = {
        ...this.bench.writing(this.client),
        now: createClock().timestamp,
        ...(deadAfterMillis === undefined ? {} : { deadAfterMillis }),
      };
      const hot = redisArchiveLogs(writing);
      const archiver = new Archiver({
        hot: { ...hot, log: (name) => mortalHot(hot.log(name), step) },
        cold: { log: (name) => mortalCold(cold.log(name), step, this.#left) },
        trust: { id: this.bench.trust.id, signer: this.bench.signer },
        trusted: [this.bench.trust],
        now: writing.now,
        anchor: async (line, log) => {
          step();
          this.#anchors.set(log, line);
        },
        keepMillis,
      } satisfies ArchiverOptions);
      return await archiver.round();
    } finally {
      await cold.close();
    }
  }

  get archiveAnchors(): readonly StoredAnchor[] {
    return [...this.#anchors].map(([file, text]) => ({ file, text }));
  }

  async keys(): Promise<LogKeys> {
    const [log = ''] = await this.client.smembers(logsKey(this.bench.namespace));
    return logKeys(this.bench.namespace, log);
  }

  /** The lane that is written, as its stream. */
  async lane(): Promise<string> {
    const keys = await this.keys();
    return keys.lane((await this.client.hget(keys.head, 'lane')) ?? '');
  }

  async verifyArchive(folder = 'archive'): Promise<Verification> {
    const logs = (await openArchive(join(this.folder, folder), undefined)) ?? [];
    const sources = logs.map(({ source }) => ({ ...source, anchors: this.archiveAnchors }));
    return verifyLogs(sources, [this.bench.trust]);
  }

  async verifyRedis(): Promise<Verification> {
    return verifyLogs(await this.bench.logs(this.client), [this.bench.trust]);
  }

  /** Redis and the archive as one. */
  async verifyBoth(folder = 'archive'): Promise<Verification> {
    return verifyLogs(await this.joined(folder), [this.bench.trust]);
  }

  async joined(folder = 'archive'): Promise<readonly EvidenceSource[]> {
    const archived = (await openArchive(join(this.folder, folder), undefined)) ?? [];
    const bases = archived.flatMap(({ log, end }) =>
      end === undefined ? [] : [[log, end] as const],
    );
    const { client, bench } = this;
    const logs = await openRedisEvidence(client, bench.namespace, bench.anchors, new Map(bases));
    return logs.map(({ log, source }) => {
      const first = archived.find((each) => each.log === log);
      return first === undefined ? source : joinLog(first.source, source);
    });
  }
}

export interface RoundOptions {
  readonly folder: string;
  readonly step: Step;
  readonly keepMillis: number;
  readonly deadAfterMillis: number;
}

function mortalHot(log: HotLog, step: Step): HotLog {
  return {
    marker: () => log.marker(),
    checkpoints: (after, count) => {
      step();
      // Small steps, so that there are many places to die at.
      return log.checkpoints(after, Math.min(count, 2));
    },
    slice: (base, end) => log.slice(base, end),
    trim: async (before, marker) => {
      step();
      const isCut = await log.trim(before, marker);
      step();
      return isCut;
    },
  };
}

/** Dies without tidying up, as a process that is killed. */
function mortalCold(log: ColdLog, step: Step, left: ArchiveDraft[]): ColdLog {
  return {
    markers: () => log.markers(),
    begin: async () => {
      step();
      return mortalDraft(await log.begin(), step, left);
    },
  };
}

function mortalDraft(draft: ArchiveDraft, step: Step, left: ArchiveDraft[]): ArchiveDraft {
  let isDead = false;
  function pass<Result>(act: () => Promise<Result>): Promise<Result> {
    try {
      step();
    } catch (error) {
      isDead = true;
      left.push(draft);
      throw error;
    }
    return act();
  }
  return {
    checkpoint: (line) => pass(() => draft.checkpoint(line)),
    line: (lane, line) => pass(() => draft.line(lane, line)),
    recording: (lane, digest, bytes) => pass(() => draft.recording(lane, digest, bytes)),
    keep: (markers) => pass(() => draft.keep(markers)),
    drop: async () => {
      if (!isDead) await draft.drop();
    },
  };
}
