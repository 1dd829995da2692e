// Who is signed in, in which browser. A visit is known by a secret that only the browser holds; here lies
// its digest. Visits are bounded, end by themselves, and are forgotten when somebody signs out.

import { createHash, randomBytes } from 'node:crypto';
import type { Principal } from '#core/identity/principal.ts';

export interface Visit {
  readonly principal: Principal;
  /** What made the principal: once the policy says otherwise, the visit is over. */
  readonly trust: string;
  /** Seconds since the epoch. */
  readonly endsAtSeconds: number;
  /** In every form: proof that a page of ours asked for it. */
  readonly formToken: string;
  /** Said once, on the next page. */
  notice: Notice | undefined;
  /** What somebody had written when their sign-in was too old to decide. */
  draft: Draft | undefined;
  /** Sessions whose messages were opened, and that is on record. */
  readonly viewed: Set<string>;
}

export interface Notice {
  readonly kind: 'done' | 'problem';
  readonly text: string;
}

export interface Draft {
  readonly approvalId: string;
  readonly reason: string;
}

/** A working day: reading goes on that long; deciding asks for a fresh sign-in much sooner. */
export const VISIT_SECONDS = 8 * 60 * 60;
/** One person at many machines, or a script that signs in without end. */
const MAX_VISITS_PER_ACCOUNT = 8;
const MAX_VISITS = 4096;
const SECRET_BYTES = 32;

export class Visits {
  /** By the digest of the secret; oldest first. */
  readonly #visits = new Map<string, Visit>();
  readonly #nowSeconds: () => number;

  constructor(nowSeconds: () => number) {
    this.#nowSeconds = nowSeconds;
  }

  /** Returns the secret for the browser; it is not kept. */
  begin(principal: Principal, trust: string, draft?: Draft): string {
    this.#makeRoom(principal);
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    this.#visits.set(digestOf(secret), {
      principal,
      trust,
      endsAtSeconds: this.#nowSeconds() + VISIT_SECONDS,
      formToken: randomBytes(SECRET_BYTES).toString('base64url'),
      notice: undefined,
      draft,
      viewed: new Set(),
    });
    return secret;
  }

  /** `trust` is what would make a principal now. */
  find(secret: string | undefined, trust: (issuer: string) => string): Visit | undefined {
    if (secret === undefined) return undefined;
    const key = digestOf(secret);
    const visit = this.#visits.get(key);
    if (visit === undefined) return undefined;
    const holds =
      visit.endsAtSeconds > this.#nowSeconds() && visit.trust === trust(visit.principal.issuer);
    if (!holds) this.#visits.delete(key);
    return holds ? visit : undefined;
  }

  end(secret: string | undefined): void {
    if (secret !== undefined) this.#visits.delete(digestOf(secret));
  }

  #makeRoom({ issuer, subject }: Principal): void {
    const now = this.#nowSeconds();
    const own: string[] = [];
    for (const [key, { principal, endsAtSeconds }] of this.#visits) {
      if (endsAtSeconds <= now) this.#visits.delete(key);
      else if (principal.issuer === issuer && principal.subject === subject) own.push(key);
    }
    const surplus = own.slice(0, Math.max(0, own.length - MAX_VISITS_PER_ACCOUNT + 1));
    for (const key of surplus) this.#visits.delete(key);
    const [oldest] = this.#visits.keys();
    if (this.#visits.size >= MAX_VISITS && oldest !== undefined) this.#visits.delete(oldest);
  }
}

/** What is looked up is no secret, so how long it takes to find says nothing. */
function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
