// Two approval stores on one real Redis, as two replicas have them, and what their people and clients do.

import { ballot } from '#core/approvals/approvals.testkit.ts';
import type { ApprovalRequest } from '#core/approvals/request.ts';
import { bob, NONCE } from '#core/approvals/store.testkit.ts';
import type { ApprovalStore, Moved } from '#core/approvals/store.ts';
import type { RedisApprovalStoreOptions } from './approval-store.ts';
import type { RedisClient } from './client.ts';
import type { Namespace } from './keys.ts';
import { startRedis, type TestRedis } from './redis-server.fixture.ts';
import { connectTo, namespace, openStore } from './stores.fixture.ts';

export interface StorePair {
  readonly shared: Namespace;
  readonly one: ApprovalStore;
  readonly two: ApprovalStore;
  close(): Promise<void>;
}

export class PairedRedis {
  readonly redis: TestRedis;
  /** May do everything. */
  readonly admin: RedisClient;
  #count = 0;

  private constructor(redis: TestRedis, admin: RedisClient) {
    this.redis = redis;
    this.admin = admin;
  }

  static async start(): Promise<PairedRedis> {
    const redis = await startRedis();
    return new PairedRedis(redis, await connectTo(redis.url));
  }

  /** Each time in a namespace of its own. */
  async pair(options: Partial<RedisApprovalStoreOptions> = {}): Promise<StorePair> {
    this.#count += 1;
    const shared = namespace(`pair-${this.#count}`);
    const one = await openStore(this.redis.url, shared, options);
    const two = await openStore(this.redis.url, shared, options);
    const close = async () => {
      await one.close();
      await two.close();
    };
    return { shared, one, two, close };
  }

  async stop(): Promise<void> {
    this.admin.disconnect();
    await this.redis.stop();
  }
}

export function approve(store: ApprovalStore, asked: ApprovalRequest, by = bob): Promise<Moved> {
  return store.vote(asked.id, ballot(asked, by, 'approve', { nowMillis: Date.now() }));
}

export function consume(
  store: ApprovalStore,
  { id, binding }: ApprovalRequest,
  exchange = 'x-1',
): Promise<Moved> {
  return store.consume(id, { binding, nonce: NONCE, exchange });
}

/** Asked at the one, approved at the other. */
export async function grantAt({ one, two }: StorePair, asked: ApprovalRequest): Promise<void> {
  await one.attachOrCreate(asked);
  const moved = await approve(two, asked);
  if (!moved.ok) throw new Error(moved.code);
}
