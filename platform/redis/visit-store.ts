// Visits that all replicas of a console share. What lies in Redis is sealed: whoever reads it learns nothing
// of who is signed in, and whoever writes it can sign people out, and nobody in.

import { type NewVisit, type VisitStore, VisitStoreFault } from '#core/identity/visit-store.ts';
import { codeOf, type RedisClient } from './client.ts';
import { type Namespace, type VisitKeys, visitKeys } from './keys.ts';
import { loadScript, runScript } from './script.ts';

const BEGIN = loadScript('begin-visit');

export class RedisVisitStore implements VisitStore {
  readonly #client: RedisClient;
  readonly #keys: VisitKeys;

  /** The client is the store's to close. */
  constructor(client: RedisClient, namespace: Namespace) {
    this.#client = client;
    this.#keys = visitKeys(namespace);
  }

  begin({ key, account, text, ttlSeconds, most }: NewVisit): Promise<void> {
    return asked(async () => {
      const surplus = await runScript(
        this.#client,
        BEGIN,
        [this.#keys.visit(key), this.#keys.ofAccount(account)],
        [key, text, ttlSeconds * 1000, most],
      );
      for (const old of Array.isArray(surplus) ? surplus.map(String) : []) {
        await this.#client.del(this.#keys.visit(old));
      }
    });
  }

  get(key: string): Promise<string | undefined> {
    return asked(async () => (await this.#client.get(this.#keys.visit(key))) ?? undefined);
  }

  replace(key: string, text: string): Promise<void> {
    return asked(
      async () => void (await this.#client.set(this.#keys.visit(key), text, 'KEEPTTL', 'XX')),
    );
  }

  end(key: string, account: string): Promise<void> {
    return asked(async () => {
      await this.#client.del(this.#keys.visit(key));
      await this.#client.zrem(this.#keys.ofAccount(account), key);
    });
  }

  close(): void {
    this.#client.disconnect();
  }
}

async function asked<Value>(run: () => Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (cause) {
    throw new VisitStoreFault(`visits cannot be had (${codeOf(cause)})`, { cause });
  }
}
