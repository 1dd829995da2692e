// Nonces that are used up, each until it would have expired anyway.

import { ApprovalStoreFault, type NonceSpending } from './store.ts';

/** No round waits longer than a request may: 24 hours. */
const MAX_LIFE_MILLIS = 24 * 60 * 60 * 1000;

export class NonceBook {
  readonly #max: number;
  /** When each expires. */
  readonly #spent = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Says what spending would come to; `add` does it. Throws ApprovalStoreFault when there is no room. */
  spend(nonce: string, expiresAtMillis: number, nowMillis: number): NonceSpending {
    if (!/^[A-Za-z0-9_-]{16,64}$/.test(nonce)) {
      throw new ApprovalStoreFault('invalid', 'nonce: must be 16 to 64 URL-safe characters');
    }
    const isTime = Number.isSafeInteger(expiresAtMillis);
    if (!isTime || expiresAtMillis > nowMillis + MAX_LIFE_MILLIS) {
      throw new ApprovalStoreFault('invalid', 'expiresAtMillis: must be within 24 hours');
    }
    if (expiresAtMillis <= nowMillis) return 'expired';
    if (this.#spent.has(nonce)) return 'already';
    if (this.#spent.size >= this.#max) this.#forgetExpired(nowMillis);
    if (this.#spent.size >= this.#max) {
      throw new ApprovalStoreFault('full', `${this.#max} nonces are spent and have not expired`);
    }
    return 'spent';
  }

  add(nonce: string, expiresAtMillis: number): void {
    this.#spent.set(nonce, expiresAtMillis);
  }

  *live(nowMillis: number): Generator<readonly [nonce: string, expiresAtMillis: number]> {
    for (const [nonce, expiresAtMillis] of this.#spent) {
      if (expiresAtMillis > nowMillis) yield [nonce, expiresAtMillis];
    }
  }

  #forgetExpired(nowMillis: number): void {
    for (const [nonce, expiresAtMillis] of this.#spent) {
      if (expiresAtMillis <= nowMillis) this.#spent.delete(nonce);
    }
  }
}
