// Those who wait for an approval to change.

import type { Approval } from './approval.ts';
import type { Seen } from './store.ts';

interface Watcher {
  readonly version: number;
  readonly resolve: (approval: Approval) => void;
  readonly reject: (reason: unknown) => void;
}

export class Watchers {
  readonly #watchers = new Map<string, Set<Watcher>>();

  /** Resolves with the first approval newer than the version seen that `notify` brings. */
  wait({ id, version }: Seen, signal: AbortSignal): Promise<Approval> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<Approval>();
    const watcher: Watcher = { version, resolve, reject };
    const watchers = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, watchers.add(watcher));
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    return promise.finally(() => {
      signal.removeEventListener('abort', onAbort);
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#watchers.get(id) === watchers) this.#watchers.delete(id);
    });
  }

  /** Whom somebody waits for. */
  get ids(): readonly string[] {
    return [...this.#watchers.keys()];
  }

  notify(approval: Approval): void {
    for (const { version, resolve } of this.#watchers.get(approval.request.id) ?? []) {
      if (approval.version > version) resolve(approval);
    }
  }

  /** Turns everyone away. */
  close(reason: Error): void {
    for (const watchers of this.#watchers.values()) {
      for (const { reject } of watchers) reject(reason);
    }
  }
}
