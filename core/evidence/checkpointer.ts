// Keeps the checkpoints up with the lane: soon after each commit, never more often than the interval,
// first into the data and then beside the trust key.

import {
  type CheckpointLink,
  MAX_UNCHECKPOINTED_SECONDS,
  type SealedCheckpoint,
  sealCheckpoint,
} from './checkpoint.ts';
import type { LaneHead } from './commit.ts';
import type { Signer } from './signature.ts';

export interface CheckpointerOptions {
  /** Into the data; the same line again when it is not known whether it got there. */
  readonly append: (line: string) => Promise<void>;
  /** Beside the trust key. */
  readonly anchor: (line: string) => Promise<void>;
  readonly trust: { readonly id: string; readonly signer: Signer };
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
  /** Sealed, and perhaps in the data already. */
  #pending: (SealedCheckpoint & { readonly seq: number }) | undefined;
  /** The lane's last durable record. */
  #head: LaneHead;
  #writtenSeq = 0;
  #writtenLine = '';
  #anchoredSeq = 0;
  /** Since when a durable record has been without an anchored checkpoint. */
  #uncoveredSinceMillis: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: CheckpointerOptions, head: LaneHead) {
    this.#options = options;
    this.#link = options.link;
    this.#head = head;
  }

  /** A commit became durable: a checkpoint follows within the interval. */
  note(head: LaneHead): void {
    this.#head = head;
    this.#uncoveredSinceMillis ??= this.#options.monotonicMillis();
    this.#arm();
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
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running?.catch(() => {});
  }

  #onTimer(): void {
    this.#timer = undefined;
    // Tried again with the next interval; isOverdue speaks up when that goes on for too long.
    this.flush().catch(() => this.#arm());
  }

  #arm(): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => this.#onTimer(), this.#options.intervalMillis);
  }

  async #write(): Promise<void> {
    const startMillis = this.#options.monotonicMillis();
    while (this.#pending !== undefined || this.#writtenSeq < this.#head.seq) {
      await this.#append();
    }
    if (this.#anchoredSeq < this.#writtenSeq) {
      const seq = this.#writtenSeq;
      await this.#options.anchor(this.#writtenLine);
      this.#anchoredSeq = seq;
    }
    const isCovered = this.#anchoredSeq === this.#head.seq;
    this.#uncoveredSinceMillis = isCovered ? undefined : startMillis;
  }

  async #append(): Promise<void> {
    this.#pending ??= this.#seal(this.#head);
    const { line, link, seq } = this.#pending;
    await this.#options.append(line);
    this.#pending = undefined;
    this.#link = link;
    this.#writtenSeq = seq;
    this.#writtenLine = line;
  }

  #seal({ seq, hash }: LaneHead): SealedCheckpoint & { readonly seq: number } {
    const { trust, now, lane } = this.#options;
    const { log, ordinal, recordsBefore } = lane;
    const sealed = sealCheckpoint(
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
    return { ...sealed, seq };
  }
}
