// Between what happens and a receiver that may be slow or gone: a bounded queue that sends small
// batches, one at a time, keeps what may still be delivered, and drops the newest when it is full.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Delivery, Failure } from './delivery.ts';

export interface BatchQueueOptions<Item> {
  /** Never rejects. Encodes before it waits, so a batch is what one turn of the event loop can bear. */
  readonly send: (items: readonly Item[]) => Promise<Delivery>;
  readonly limits: QueueLimits;
  /** How long items wait for others to go with them. */
  readonly delayMillis: number;
  readonly watch: QueueWatch;
}

export interface QueueLimits {
  readonly items: number;
  readonly sizeBytes: number;
  readonly batchItems: number;
}

export interface QueueWatch {
  readonly delivered: (items: number) => void;
  /** An attempt was in vain; what it cost is told by `dropped`. */
  readonly failed: (cause: string) => void;
  readonly dropped: (items: number, reason: DropReason) => void;
}

/** `refused`: the receiver will not have the batch; `rejected`: it took the rest of it. */
export const DROP_REASONS = ['queue_full', 'refused', 'rejected', 'closed'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;
/** A receiver cannot silence us for longer than this by asking for patience. */
const MAX_RETRY_AFTER_MS = 60_000;

interface Waiting<Item> {
  readonly item: Item;
  readonly sizeBytes: number;
}

export class BatchQueue<Item> {
  readonly #options: BatchQueueOptions<Item>;
  #waiting: Waiting<Item>[] = [];
  #sizeBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #retryMillis = FIRST_RETRY_MS;
  #isFlushing = false;
  /** The receiver failed: until the next try, a full batch is no reason to hurry. */
  #isBackingOff = false;
  #isClosed = false;

  constructor(options: BatchQueueOptions<Item>) {
    this.#options = options;
  }

  /** Items that wait, those under way included. */
  get length(): number {
    return this.#waiting.length;
  }

  offer(item: Item, sizeBytes: number): void {
    const { limits, watch } = this.#options;
    const isFull =
      this.#waiting.length >= limits.items || this.#sizeBytes + sizeBytes > limits.sizeBytes;
    if (this.#isClosed || isFull) {
      watch.dropped(1, this.#isClosed ? 'closed' : 'queue_full');
      return;
    }
    this.#waiting.push({ item, sizeBytes });
    this.#sizeBytes += sizeBytes;
    this.#arm();
  }

  /** Sends what waits without waiting for more; resolves when it is gone or would not go. */
  async flush(): Promise<void> {
    this.#isFlushing = true;
    this.#disarm();
    try {
      await this.#running;
      if (this.#waiting.length > 0) await this.#start();
    } finally {
      this.#isFlushing = false;
    }
  }

  /** What still waits is dropped; idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#disarm();
    const left = this.#waiting.length;
    this.#waiting = [];
    this.#sizeBytes = 0;
    if (left > 0) this.#options.watch.dropped(left, 'closed');
  }

  #arm(): void {
    if (this.#running !== undefined || this.#isBackingOff) return;
    const isBatch = this.#waiting.length >= this.#options.limits.batchItems;
    if (isBatch) this.#wait(0);
    else if (this.#timer === undefined) this.#wait(this.#options.delayMillis);
  }

  #wait(millis: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#start(), millis).unref();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #start(): Promise<void> {
    this.#disarm();
    this.#isBackingOff = false;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    const { limits } = this.#options;
    do {
      const failure = await this.#sendOne();
      if (failure !== undefined) return this.#retryLater(failure);
      // The calls that came meanwhile go first.
      await nextTurn();
    } while (this.#waiting.length >= limits.batchItems || this.#mustEmpty());
    if (this.#waiting.length > 0 && !this.#isClosed) this.#wait(this.#options.delayMillis);
  }

  #mustEmpty(): boolean {
    return this.#isFlushing && this.#waiting.length > 0;
  }

  /** The failure after which the same batch is worth another try. */
  async #sendOne(): Promise<Failure | undefined> {
    const { send, limits } = this.#options;
    const batch = this.#waiting.slice(0, limits.batchItems);
    const delivery = await send(batch.map(({ item }) => item));
    if (this.#isClosed) return undefined;
    if (delivery.kind === 'failed' && !delivery.isFinal) return delivery;
    // New ones were added at the other end meanwhile.
    this.#waiting.splice(0, batch.length);
    this.#sizeBytes -= batch.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    this.#retryMillis = FIRST_RETRY_MS;
    this.#report(delivery, batch.length);
    return undefined;
  }

  #report(delivery: Delivery, items: number): void {
    const { watch } = this.#options;
    if (delivery.kind === 'failed') {
      watch.failed(delivery.cause);
      watch.dropped(items, 'refused');
      return;
    }
    const rejected = Math.min(delivery.rejected, items);
    // A receiver that takes nothing of a batch is no better than one that refuses it.
    if (rejected < items) watch.delivered(items - rejected);
    else watch.failed('rejected');
    if (rejected > 0) watch.dropped(rejected, 'rejected');
  }

  #retryLater({ cause, retryAfterMillis }: Failure): void {
    this.#options.watch.failed(cause);
    if (this.#isClosed) return;
    this.#isBackingOff = true;
    // Replicas that lost their receiver at once do not all come back to it at once.
    const ownMillis = this.#retryMillis * (0.75 + Math.random() / 2);
    this.#wait(Math.min(retryAfterMillis ?? ownMillis, MAX_RETRY_AFTER_MS));
    this.#retryMillis = Math.min(this.#retryMillis * 2, LAST_RETRY_MS);
  }
}
