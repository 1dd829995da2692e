// Keeps the checkpoints up with the lane: soon after each commit, never more often than the interval,
// first into the data and then beside the trust key.

import {
  type CheckpointLink,
  MAX_UNCHECKPOINTED_SECONDS,
  sealCheckpoint,
} from '#core/evidence/checkpoint.ts';
import type { LaneHead } from '#core/evidence/commit.ts';
import { writeAnchor } from './anchors.ts';
import type { AppendFile } from './append-file.ts';
import type { TrustKey } from './trust-key.ts';

export interface CheckpointerOptions {
  readonly file: AppendFile;
  readonly anchorFile: string;
  readonly trust: Pick<TrustKey, 'id' | 'signer'>;
  readonly lane: LaneOfCheckpoints;
  /** What the first checkpoint follows. */
  readonly link: CheckpointLink;
  readonly now: () => string;
  /** Shortest time between two checkpoints while records flow. */
  readonly intervalMillis: number;
  /** Never goes back; for durations only. */
  readonly monotonicMillis: () => number;
}

export interface LaneOfCheckpoints {
  readonly log: string;
  readonly lane: string;
  readonly ordinal: number;
  readonly recordsBefore: number;
}

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #link: CheckpointLink;
  /** The lane's last durable record. */
  #head: LaneHead;
  #writtenSeq = 0;
  #writtenLine = '';
  #anchoredSeq = 0;
  /** Since when a durable record has been without an anchored checkpoint. */
  #uncoveredSinceMillis: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(options: CheckpointerOptions, head: LaneHead) {
    this.#options = options;
    this.#link = options.link;
    this.#head = head;
  }

  /** A commit became durable: a checkpoint follows within the interval. */
  note(head: LaneHead): void {
    this.#head = head;
    this.#uncoveredSinceMillis ??= this.#options.monotonicMillis();
    this.#timer ??= setTimeout(() => this.#onTimer(), this.#options.intervalMillis);
  }

  /** True when records went without a checkpoint for longer than evidence may. */
  get isOverdue(): boolean {
    const since = this.#uncoveredSinceMillis ?? Number.POSITIVE_INFINITY;
    return this.#options.monotonicMillis() - since > MAX_UNCHECKPOINTED_SECONDS * 1000;
  }

  /** Resolves when the lane's head is checkpointed and anchored; rejects when it cannot be. */
  async flush(): Promise<void> {
    while (this.#running !== undefined) {
      await this.#running.catch(() => {});
    }
    this.#running = this.#write();
    try {
      await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  /** Writes nothing more; the file stays its owner's to close. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#running?.catch(() => {});
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.flush().catch(() => {
      // Tried again with the next interval; isOverdue speaks up when that goes on for too long.
      this.#timer ??= setTimeout(() => this.#onTimer(), this.#options.intervalMillis);
    });
  }

  async #write(): Promise<void> {
    const startMillis = this.#options.monotonicMillis();
    if (this.#writtenSeq < this.#head.seq) {
      await this.#append(this.#head);
    }
    if (this.#anchoredSeq < this.#writtenSeq) {
      const seq = this.#writtenSeq;
      await writeAnchor(this.#options.anchorFile, this.#writtenLine);
      this.#anchoredSeq = seq;
    }
    const isCovered = this.#anchoredSeq === this.#head.seq;
    this.#uncoveredSinceMillis = isCovered ? undefined : startMillis;
  }

  async #append({ seq, hash }: LaneHead): Promise<void> {
    const { file, trust, now, lane } = this.#options;
    const { log, ordinal, recordsBefore } = lane;
    const { line, link } = sealCheckpoint(
      {
        v: 1,
        n: this.#link.n + 1,
        prev: this.#link.hash,
        ts: now(),
        log,
        lane: lane.lane,
        ordinal,
        seq,
        head: hash,
        records: recordsBefore + seq,
        key: trust.id,
      },
      trust.signer,
    );
    await file.append(line);
    this.#link = link;
    this.#writtenSeq = seq;
    this.#writtenLine = line;
  }
}
