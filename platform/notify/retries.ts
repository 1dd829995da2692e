// Brings what must arrive: tries again, ever more patiently, within bounded memory, and hands over what
// could not be delivered, so that nothing is dropped without a word.

import type { PostResult } from './guarded-post.ts';

export interface Item {
  /** The same at each try. */
  readonly id: string;
  /** Who it goes to. */
  readonly receiver: string;
}

export interface RetryOptions<T extends Item> {
  /** Never rejects. */
  readonly send: (item: T) => Promise<PostResult>;
  readonly delivered: (item: T) => void;
  /** The dead letter: it will not be tried again. */
  readonly dead: (item: T, cause: string, tries: number) => void;
  /** Waits before the second, third … try. */
  readonly delaysMillis?: readonly number[];
}

/** Two hours, in all: longer than a receiver is updated, shorter than what it tells of is forgotten. */
export const DELAYS_MS: readonly number[] = [
  2_000, 10_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000,
];
/** All that waits, under way or between two tries. */
export const MAX_WAITING = 512;
/** So that one receiver that hangs leaves room for the others. */
export const MAX_WAITING_EACH = 128;
/** A receiver may ask for patience, but not for ever. */
const MAX_RETRY_AFTER_MS = 3_600_000;

interface Waiting<T> {
  readonly item: T;
  tries: number;
  cause: string;
  timer: NodeJS.Timeout | undefined;
}

export class Retries<T extends Item> {
  readonly #options: RetryOptions<T>;
  readonly #delays: readonly number[];
  readonly #waiting = new Set<Waiting<T>>();
  readonly #underWay = new Set<Promise<void>>();
  #isClosing = false;

  constructor(options: RetryOptions<T>) {
    this.#options = options;
    this.#delays = options.delaysMillis ?? DELAYS_MS;
  }

  get length(): number {
    return this.#waiting.size;
  }

  offer(item: T): void {
    const each = [...this.#waiting].filter(({ item: { receiver } }) => receiver === item.receiver);
    if (this.#isClosing || this.#waiting.size >= MAX_WAITING || each.length >= MAX_WAITING_EACH) {
      this.#options.dead(item, this.#isClosing ? 'stopped' : 'too_many_waiting', 0);
      return;
    }
    const waiting: Waiting<T> = { item, tries: 0, cause: 'stopped', timer: undefined };
    this.#waiting.add(waiting);
    this.#start(waiting);
  }

  /** What waits gets one more try, until `deadline`; then it is dead. */
  async close(deadline: AbortSignal): Promise<void> {
    this.#isClosing = true;
    for (const waiting of this.#waiting) {
      if (waiting.timer === undefined) continue;
      clearTimeout(waiting.timer);
      this.#start(waiting);
    }
    const over = new Promise<void>((resolve) => {
      if (deadline.aborted) resolve();
      deadline.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([Promise.all(this.#underWay), over]);
    for (const waiting of this.#waiting) this.#bury(waiting);
  }

  #start(waiting: Waiting<T>): void {
    waiting.timer = undefined;
    const trying = this.#try(waiting).finally(() => this.#underWay.delete(trying));
    this.#underWay.add(trying);
  }

  async #try(waiting: Waiting<T>): Promise<void> {
    waiting.tries += 1;
    const result = await this.#options.send(waiting.item);
    if (!this.#waiting.has(waiting)) return;
    if (result.kind === 'delivered') {
      this.#waiting.delete(waiting);
      this.#options.delivered(waiting.item);
      return;
    }
    waiting.cause = result.cause;
    const delay = this.#delays[waiting.tries - 1];
    if (result.isFinal || this.#isClosing || delay === undefined) this.#bury(waiting);
    else this.#wait(waiting, Math.max(delay, result.retryAfterMillis ?? 0));
  }

  #wait(waiting: Waiting<T>, millis: number): void {
    // What failed together is not tried again all at once.
    const spread = Math.min(millis, MAX_RETRY_AFTER_MS) * (1 + Math.random() / 4);
    waiting.timer = setTimeout(() => this.#start(waiting), spread).unref();
  }

  #bury(waiting: Waiting<T>): void {
    this.#waiting.delete(waiting);
    this.#options.dead(waiting.item, waiting.cause, waiting.tries);
  }
}
