// Visits of one process, gone with it.

import type { NewVisit, VisitStore } from '#core/identity/visit-store.ts';

interface Kept {
  readonly account: string;
  readonly text: string;
  readonly endsAtMillis: number;
}

/** More people than one console is for; the oldest sign in again. */
const MAX_VISITS = 4096;

export class MemoryVisitStore implements VisitStore {
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>();
  readonly #nowMillis: () => number;

  constructor(nowMillis: () => number) {
    this.#nowMillis = nowMillis;
  }

  async begin({ key, account, text, ttlSeconds, most }: NewVisit): Promise<void> {
    const now = this.#nowMillis();
    const own: string[] = [];
    for (const [other, kept] of this.#kept) {
      if (kept.endsAtMillis <= now) this.#kept.delete(other);
      else if (kept.account === account) own.push(other);
    }
    for (const old of own.slice(0, Math.max(0, own.length + 1 - most))) this.#kept.delete(old);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MAX_VISITS && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(key, { account, text, endsAtMillis: now + ttlSeconds * 1000 });
  }

  async get(key: string): Promise<string | undefined> {
    const kept = this.#kept.get(key);
    return kept !== undefined && kept.endsAtMillis > this.#nowMillis() ? kept.text : undefined;
  }

  async replace(key: string, text: string): Promise<void> {
    const kept = this.#kept.get(key);
    if (kept !== undefined) this.#kept.set(key, { ...kept, text });
  }

  async end(key: string): Promise<void> {
    this.#kept.delete(key);
  }

  close(): void {
    this.#kept.clear();
  }
}
