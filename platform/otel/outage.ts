// The time in which telemetry does not arrive, as one window with a beginning and an end. A window
// ends only after some quiet, so a receiver that comes and goes cannot fill the evidence.

import type { Signal } from './otlp-env.ts';

export interface OutageWindow {
  /** RFC 3339 in UTC with microseconds. */
  readonly since: string;
  /** Of the first failure. */
  readonly cause: string;
  /** Items of each signal that were lost in it. */
  readonly dropped: Readonly<Record<Signal, number>>;
}

export interface OutageOptions {
  readonly now: () => string;
  readonly began: (window: OutageWindow) => void;
  readonly ended: (window: OutageWindow, isRecovered: boolean) => void;
  /** Quiet after which a window is over. */
  readonly quietMillis?: number;
}

/** A receiver that comes and goes makes two records in this time, which is nothing. */
const QUIET_MS = 5000;

export class Outage {
  readonly #options: OutageOptions;
  readonly #failing = new Set<Signal>();
  #window: OutageWindow | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  get isHealthy(): boolean {
    return this.#window === undefined;
  }

  delivered(signal: Signal): void {
    this.#failing.delete(signal);
    if (this.#window !== undefined && this.#failing.size === 0) this.#expectQuiet();
  }

  failed(signal: Signal, cause: string): void {
    this.#failing.add(signal);
    this.#open(cause);
  }

  /** Loss without failure (a receiver that is merely too slow) ends by itself. */
  dropped(signal: Signal, items: number, cause: string): void {
    this.#open(cause);
    if (this.#window === undefined) return;
    const { dropped, ...window } = this.#window;
    this.#window = { ...window, dropped: { ...dropped, [signal]: dropped[signal] + items } };
    if (this.#failing.size === 0) this.#expectQuiet();
  }

  /** Ends what is open, since there will be no other end; what comes after is no news. Idempotent. */
  close(): void {
    // First: to tell of the end may itself be something that is dropped.
    this.#isClosed = true;
    this.#end(false);
  }

  #open(cause: string): void {
    clearTimeout(this.#quiet);
    this.#quiet = undefined;
    if (this.#window !== undefined || this.#isClosed) return;
    const dropped = { traces: 0, metrics: 0, logs: 0 };
    this.#window = { since: this.#options.now(), cause, dropped };
    this.#options.began(this.#window);
  }

  #expectQuiet(): void {
    this.#quiet ??= setTimeout(
      () => this.#end(true),
      this.#options.quietMillis ?? QUIET_MS,
    ).unref();
  }

  #end(isRecovered: boolean): void {
    clearTimeout(this.#quiet);
    this.#quiet = undefined;
    const window = this.#window;
    this.#window = undefined;
    if (window !== undefined) this.#options.ended(window, isRecovered);
  }
}
