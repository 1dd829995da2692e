// Calls per minute, per principal and tool: a token bucket each, in memory, bounded in number.

import type { Principal } from '#core/identity/principal.ts';
import type { Refusal } from '#core/refusal.ts';

/** Buckets kept; the least recently used is dropped, which can only make a caller's limit full again. */
const MAX_BUCKETS = 50_000;
const SECONDS_PER_MINUTE = 60;

interface Bucket {
  tokens: number;
  atSeconds: number;
}

export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();

  /** Takes one call's worth, or says when one will be there again. */
  take(
    principal: Principal,
    target: string,
    limit: { readonly perMinute: number; readonly nowSeconds: number },
  ): Refusal | undefined {
    const key = JSON.stringify([principal.issuer, principal.subject, target]);
    const rate = limit.perMinute / SECONDS_PER_MINUTE;
    const bucket = this.#bucketOf(key, limit);
    const elapsed = Math.max(0, limit.nowSeconds - bucket.atSeconds);
    bucket.tokens = Math.min(limit.perMinute, bucket.tokens + elapsed * rate);
    bucket.atSeconds = limit.nowSeconds;
    if (bucket.tokens < 1) {
      return {
        code: 'rate_limited',
        reason: `more than ${limit.perMinute} calls a minute (spec.limits.requestsPerMinute)`,
        retryAfterSeconds: Math.max(1, Math.ceil((1 - bucket.tokens) / rate)),
      };
    }
    bucket.tokens -= 1;
    return undefined;
  }

  #bucketOf(key: string, limit: { perMinute: number; nowSeconds: number }): Bucket {
    const found = this.#buckets.get(key);
    const bucket = found ?? { tokens: limit.perMinute, atSeconds: limit.nowSeconds };
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MAX_BUCKETS) {
      const oldest = this.#buckets.keys().next();
      if (!oldest.done) this.#buckets.delete(oldest.value);
    }
    return bucket;
  }
}

/** How many of one thing each key holds at once; refuses the one too many. */
export class Slots {
  readonly #taken = new Map<string, number>();

  #total = 0;

  /** How many are taken, all keys together. */
  get total(): number {
    return this.#total;
  }

  /** Undefined when `limit` are taken; otherwise a function that gives the slot back, once. */
  take(key: string, limit: number): (() => void) | undefined {
    const taken = this.#taken.get(key) ?? 0;
    if (taken >= limit) return undefined;
    this.#taken.set(key, taken + 1);
    this.#total += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#total -= 1;
      const left = (this.#taken.get(key) ?? 1) - 1;
      if (left === 0) this.#taken.delete(key);
      else this.#taken.set(key, left);
    };
  }
}
