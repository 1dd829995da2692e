// Nonces that are used up, each until it would have expired anyway.

import { ApprovalStoreFault, type NonceSpending } from './store.ts';

/** No round waits longer than a request may: 24 hours. */
export const MAX_NONCE_LIFE_MILLIS = 24 * 60 * 60 * 1000;

export class NonceBook {
  readonly #max: number;
  /** When each expires. */
  readonly #spent = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Says what spending would come to; `add` does it. Throws ApprovalStoreFault when there is no room. */
  spend(nonce: string, expiresAtMillis: number, nowMillis: number): NonceSpending {
    checkNonce(nonce, expiresAtMillis);
    if (expiresAtMillis > nowMillis + MAX_NONCE_LIFE_MILLIS) throw tooFar();
    if (expiresAtMillis <= nowMillis) return 'expired';
    if (this.#spent.has(nonce)) return 'already';
    if (this.#spent.size >= this.#max) this.#forgetExpired(nowMillis);
    if (this.#spent.size >= this.#max) {
      throw noncesFull(this.#max);
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

/** Throws ApprovalStoreFault when it can never be one. */
export function checkNonce(nonce: string, expiresAtMillis: number): void {
  if (!/^[A-Za-z0-9_-]{16,64}$/.test(nonce)) {
    throw new ApprovalStoreFault('invalid', 'nonce: must be 16 to 64 URL-safe characters');
  }
  if (!Number.isSafeInteger(expiresAtMillis)) throw tooFar();
}

export function tooFar(): ApprovalStoreFault {
  return new ApprovalStoreFault('invalid', 'expiresAtMillis: must be within 24 hours');
}

export function noncesFull(max: number): ApprovalStoreFault {
  return new ApprovalStoreFault('full', `${max} nonces are spent and have not expired`);
}
