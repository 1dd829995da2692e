// The operator's own connection to Redis: it comes when it comes, and nothing waits for it. Each time it stands
// anew, whoever has something to write there again is told.

import { setTimeout as delay } from 'node:timers/promises';
import { connectRedis, type RedisClient } from '#platform/redis/client.ts';
import { PolicyState } from '#platform/redis/policy-state.ts';
import type { RedisTarget } from '#platform/redis/target.ts';

export interface RedisLinkOptions {
  readonly target: RedisTarget;
  readonly ca: string | undefined;
  readonly onReady: () => void;
  readonly onFault: (error: unknown) => void;
}

const RETRY_MS = 2000;

export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #stop = new AbortController();
  #client: RedisClient | undefined;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    void this.#connect();
  }

  /** Undefined while it is away. */
  get admin(): RedisClient | undefined {
    return this.#client?.status === 'ready' ? this.#client : undefined;
  }

  get state(): PolicyState | undefined {
    return this.admin === undefined ? undefined : new PolicyState(this.admin);
  }

  close(): void {
    this.#stop.abort();
    this.#client?.disconnect();
  }

  async #connect(): Promise<void> {
    const { target, ca, onReady, onFault } = this.#options;
    while (!this.#stop.signal.aborted) {
      try {
        const client = await connectRedis(target, {
          name: 'gatehouse-operator',
          ...(ca === undefined ? {} : { ca }),
        });
        this.#client = client;
        client.on('ready', onReady);
        if (this.#stop.signal.aborted) client.disconnect();
        else onReady();
        return;
      } catch (error) {
        onFault(error);
        await delay(RETRY_MS, undefined, { signal: this.#stop.signal }).catch(() => {});
      }
    }
  }
}
