// Waiting longer after each failure, by chance, so that replicas do not come back together ("decorrelated
// jitter"); a server that names a time is given it.

import { KubeFault } from './kube-fault.ts';

export class Backoff {
  readonly #least: number;
  readonly #most: number;
  readonly #random: () => number;
  #last = 0;

  /** `random` gives numbers from 0 to 1. */
  constructor(leastMillis: number, mostMillis: number, random: () => number) {
    this.#least = leastMillis;
    this.#most = mostMillis;
    this.#random = random;
  }

  reset(): void {
    this.#last = 0;
  }

  nextMillis(error?: unknown): number {
    const top = Math.max(this.#least, this.#last * 3);
    this.#last = Math.min(this.#most, this.#least + this.#random() * (top - this.#least));
    const asked = error instanceof KubeFault ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    return Math.max(this.#last, asked);
  }
}
