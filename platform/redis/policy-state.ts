// What the operator keeps for a namespace beside its gateways' own data: the generation below which no sidecar
// may start, and what each sidecar last said about its policy. All of it signed: gateways can write near it.

import type { RedisClient } from './client.ts';
import { laneClaimKey, type Namespace, policyKeys } from './keys.ts';

/** Kept as long as two documents live: every sidecar says something about each. */
const ACKS_SECONDS = 48 * 60 * 60;
/** Longer than a pod lives between two releases. */
const LANE_SECONDS = 90 * 24 * 60 * 60;
const MAX_ACKS = 5000;

export class PolicyState {
  readonly #client: RedisClient;

  /** The client is the caller's to close. */
  constructor(client: RedisClient) {
    this.#client = client;
  }

  /** The signed floor of a workload. */
  async floor(namespace: Namespace, workloadKey: string): Promise<string | undefined> {
    return (await this.#client.get(policyKeys(namespace).floor(workloadKey))) ?? undefined;
  }

  async setFloor(namespace: Namespace, workloadKey: string, jws: string): Promise<void> {
    await this.#client.set(policyKeys(namespace).floor(workloadKey), jws);
  }

  async setAck(namespace: Namespace, podUid: string, jws: string): Promise<void> {
    const { acks } = policyKeys(namespace);
    await this.#client.hset(acks, podUid, jws);
    await this.#client.expire(acks, ACKS_SECONDS);
  }

  /** By pod; at most so many as a namespace can have pods. */
  async acks(namespace: Namespace): Promise<ReadonlyMap<string, string>> {
    const { acks } = policyKeys(namespace);
    if ((await this.#client.hlen(acks)) > MAX_ACKS) return new Map();
    return new Map(Object.entries(await this.#client.hgetall(acks)));
  }

  /** The lane that this start of a container has: this one, when nobody was there before. */
  async claimLane(own: Namespace, start: string, lane: string): Promise<string> {
    const key = laneClaimKey(own, start);
    await this.#client.set(key, lane, 'EX', LANE_SECONDS, 'NX');
    return (await this.#client.get(key)) ?? '';
  }

  async forgetAcks(namespace: Namespace, podUids: readonly string[]): Promise<void> {
    if (podUids.length > 0) await this.#client.hdel(policyKeys(namespace).acks, ...podUids);
  }
}
