// Writes the commits of one lane to its log in Redis, on a connection of its own. A write whose answer did
// not come is in doubt and comes again; a log that somebody else writes is lost for good.

import { parseCheckpoint } from '#core/evidence/checkpoint.ts';
import type { LaneHead, SealedCommit } from '#core/evidence/commit.ts';
import { CommitInDoubt } from '#core/evidence/lane-writer.ts';
import type { NamedBlob } from '#core/evidence/named-blob.ts';
import { codeOf, type RedisClient } from './client.ts';
import { CommitRing, type PlacedCommit } from './commit-ring.ts';
import type { LogKeys } from './keys.ts';
import { ReplicaWait } from './replica-wait.ts';
import { loadScript, runScript } from './script.ts';

const APPEND = loadScript('append');
const CHECKPOINT = loadScript('checkpoint');

/** Redis refuses a commit, or cannot be asked; nothing of it is there. */
export class LaneFault extends Error {
  override readonly name = 'LaneFault';
  /** FORK, the word of Redis such as OOM, or the system's code. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface LaneSinkOptions {
  readonly client: RedisClient;
  readonly keys: LogKeys;
  /** `<ordinal>-<lane>`. */
  readonly name: string;
  /** Its first record. */
  readonly head: LaneHead;
  /** How many replicas must have a commit before it counts. */
  readonly waitReplicas: number;
  /** Told once, when somebody else writes the log: nothing can be recorded here any more. */
  readonly onFork: () => void;
}

/** Some minutes of them. */
const MAX_CHECKPOINTS = 1024;

export class LaneSink {
  readonly #options: LaneSinkOptions;
  readonly #ring = new CommitRing();
  readonly #replicas: ReplicaWait;
  /** The newest, by number. */
  readonly #checkpoints = new Map<number, string>();
  #head: LaneHead;
  #isForked = false;

  constructor(options: LaneSinkOptions) {
    this.#options = options;
    this.#replicas = new ReplicaWait(options.waitReplicas);
    this.#head = options.head;
  }

  /** As CommitSink.write. */
  async write(commit: SealedCommit, blobs: readonly NamedBlob[]): Promise<void> {
    if (this.#isForked) throw this.#forked();
    const placed = { after: this.#head, commit, blobs };
    await this.#append(placed);
    await this.#awaitReplicas();
    this.#head = commit.head;
    this.#ring.add(placed);
  }

  async checkpoint(line: string): Promise<void> {
    const n = parseCheckpoint(line)?.n ?? 0;
    this.#checkpoints.set(n, line);
    this.#checkpoints.delete(n - MAX_CHECKPOINTS);
    const [word, last] = await this.#sendCheckpoint(n, line);
    if (word === 'FORK') throw this.#forked();
    if (word !== 'GAP') return;
    // As with commits: a copy that took over gets what it lacks.
    for (let missing = Number(last) + 1; missing <= n; missing += 1) {
      const kept = this.#checkpoints.get(missing);
      const [answer] = kept === undefined ? ['GAP'] : await this.#sendCheckpoint(missing, kept);
      if (answer === 'FORK' || answer === 'GAP') throw this.#forked();
    }
  }

  async #sendCheckpoint(n: number, line: string): Promise<readonly string[]> {
    const { client, keys, name } = this.#options;
    const answer = await this.#ask(() =>
      runScript(client, CHECKPOINT, [keys.head, keys.checkpoints], [name, n, line]),
    );
    return Array.isArray(answer) ? answer.map(String) : [];
  }

  async #append(placed: PlacedCommit): Promise<void> {
    const answer = await this.#send(placed);
    if (answer.kind === 'done') return;
    // A copy that took over may be behind: it gets what it lacks, if it holds what we wrote before.
    const missing = answer.lane === this.#options.name ? this.#ring.since(answer.head) : undefined;
    for (const each of [...(missing ?? []), ...(missing === undefined ? [] : [placed])]) {
      if ((await this.#send(each)).kind === 'fork') break;
      if (each === placed) return;
    }
    throw this.#forked();
  }

  async #send({ after, commit, blobs }: PlacedCommit): Promise<Answer> {
    const { client, keys, name } = this.#options;
    const { line, head } = commit;
    const answer = await this.#ask(() =>
      runScript(
        client,
        APPEND,
        [keys.head, keys.lane(name), keys.recordings(name)],
        [
          ...[name, after.seq + 1, after.hash, head.seq, head.hash, line],
          ...blobs.flatMap(({ digest, bytes }) => [digest, Buffer.from(bytes)]),
        ],
      ),
    );
    const [word, lane = '', seq = '', hash = ''] = Array.isArray(answer) ? answer.map(String) : [];
    return word === 'FORK'
      ? { kind: 'fork', lane, head: { seq: Number(seq), hash } }
      : { kind: 'done' };
  }

  #forked(): LaneFault {
    if (!this.#isForked) this.#options.onFork();
    this.#isForked = true;
    return new LaneFault(
      'FORK',
      'another gateway writes this log now; this one records nothing any more and must be restarted',
    );
  }

  async #awaitReplicas(): Promise<void> {
    const { client, waitReplicas } = this.#options;
    if (waitReplicas === 0) return;
    // The commit is written by now: whatever is wrong here leaves it in doubt, and does not undo it.
    const isEnough = await this.#replicas.isEnough(client).catch((cause: unknown) => {
      throw new CommitInDoubt(codeOf(cause), { cause });
    });
    if (!isEnough) throw new CommitInDoubt('NOREPLICAS');
  }

  /** An answer of Redis is certain, and so is what was never sent; anything else is in doubt. */
  async #ask<Result>(run: () => Promise<Result>): Promise<Result> {
    if (this.#options.client.status !== 'ready') {
      throw new LaneFault('unavailable', 'Redis is not connected');
    }
    try {
      return await run();
    } catch (cause) {
      const code = codeOf(cause);
      if (cause instanceof Error && cause.name === 'ReplyError') {
        throw new LaneFault(code, `Redis refuses evidence (${code})`, { cause });
      }
      throw new CommitInDoubt(code, { cause });
    }
  }
}

type Answer =
  | { readonly kind: 'done' }
  | { readonly kind: 'fork'; readonly lane: string; readonly head: LaneHead };
