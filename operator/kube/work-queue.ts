// What is to be looked at again, as client-go does it: a key waits at most once, is worked on by one worker at
// a time, and is looked at once more when it changed meanwhile. Failures come back later and later.

export interface WorkQueueOptions {
  /** Looks at the world and makes it right; rejects to be asked again. */
  readonly work: (key: string) => Promise<void>;
  readonly onFault: (key: string, error: unknown) => void;
  readonly workers?: number;
  /** For tests. */
  readonly retry?: { readonly leastMillis: number; readonly mostMillis: number };
}

const RETRY = { leastMillis: 5, mostMillis: 300_000 };
const WORKERS = 4;

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** In the order they came. */
  readonly #waiting = new Set<string>();
  readonly #working = new Set<string>();
  /** Changed while being worked on. */
  readonly #dirty = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly due: number }>();
  #isClosed = false;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  get depth(): number {
    return this.#waiting.size;
  }

  add(key: string): void {
    if (this.#isClosed) return;
    if (this.#working.has(key)) {
      this.#dirty.add(key);
      return;
    }
    this.#waiting.add(key);
    this.#pump();
  }

  /** The earliest of several such wishes counts. */
  addAfter(key: string, millis: number): void {
    const due = performance.now() + millis;
    const earlier = this.#timers.get(key);
    if (this.#isClosed || (earlier !== undefined && earlier.due <= due)) return;
    clearTimeout(earlier?.timer);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      this.add(key);
    }, millis).unref();
    this.#timers.set(key, { timer, due });
  }

  /** No more work begins; resolves when what was begun is over. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#waiting.clear();
    if (this.#working.size === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }

  #pump(): void {
    for (const key of this.#waiting) {
      if (this.#working.size >= (this.#options.workers ?? WORKERS)) return;
      this.#waiting.delete(key);
      this.#working.add(key);
      void this.#work(key);
    }
  }

  async #work(key: string): Promise<void> {
    try {
      await this.#options.work(key);
      this.#failures.delete(key);
    } catch (error) {
      this.#retry(key);
      this.#options.onFault(key, error);
    } finally {
      this.#working.delete(key);
      if (this.#dirty.delete(key)) this.add(key);
      if (this.#working.size === 0) this.#idle?.resolve();
      this.#pump();
    }
  }

  #retry(key: string): void {
    const { leastMillis, mostMillis } = this.#options.retry ?? RETRY;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, Math.min(mostMillis, leastMillis * 2 ** Math.min(failures, 30)));
  }
}
