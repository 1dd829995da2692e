// Who is signed in, in which browser. A visit is known by a secret that only the browser holds; what is
// kept of it lies sealed under the digest of that secret, and bound to it. Visits end by themselves.

import { createHash, randomBytes } from 'node:crypto';
import type { Principal } from '#core/identity/principal.ts';
import type { VisitStore } from '#core/identity/visit-store.ts';
import { MAX_SEALED_CHARS, type Sealer } from '#platform/process/seal.ts';

export interface Visit {
  /** Digest of its secret. */
  readonly key: string;
  readonly principal: Principal;
  /** What made the principal: once no policy says so any more, the visit is over. */
  readonly trust: string;
  /** Seconds since the epoch. */
  readonly endsAtSeconds: number;
  /** In every form: proof that a page of ours asked for it. */
  readonly formToken: string;
  /** Said once, on the next page. */
  notice?: Notice | undefined;
  /** What somebody had written when their sign-in was too old to decide. */
  draft?: Draft | undefined;
  /** Sessions whose messages were opened, and that is on record; the last of them. */
  viewed: readonly string[];
}

export interface Notice {
  readonly kind: 'done' | 'problem';
  readonly text: string;
}

export interface Draft {
  readonly approvalId: string;
  readonly reason: string;
}

export interface VisitsParts {
  readonly store: VisitStore;
  readonly sealer: Sealer;
  readonly nowSeconds: () => number;
}

/** A working day: reading goes on that long; deciding asks for a fresh sign-in much sooner. */
export const VISIT_SECONDS = 8 * 60 * 60;
/** One person at many machines, or a script that signs in without end. */
const MAX_VISITS_PER_ACCOUNT = 8;
/** What was opened longer ago is recorded once more when it is opened again. */
const MAX_VIEWED = 64;
const SECRET_BYTES = 32;

/** Each operation rejects with VisitStoreFault when nobody can be found now. */
export class Visits {
  readonly #parts: VisitsParts;

  constructor(parts: VisitsParts) {
    this.#parts = parts;
  }

  /** Resolves with the secret for the browser; it is not kept. */
  async begin(principal: Principal, trust: string, draft?: Draft): Promise<string> {
    const secret = newSecret();
    const visit: Visit = {
      key: digestOf(secret),
      principal,
      trust,
      endsAtSeconds: Math.floor(this.#parts.nowSeconds()) + VISIT_SECONDS,
      formToken: newSecret(),
      draft,
      viewed: [],
    };
    await this.#parts.store.begin({
      key: visit.key,
      account: accountOf(principal),
      text: this.#seal(visit),
      ttlSeconds: VISIT_SECONDS,
      most: MAX_VISITS_PER_ACCOUNT,
    });
    return secret;
  }

  /** `isTrusted`: whether what made the principal would make it now. */
  async find(
    secret: string | undefined,
    isTrusted: (visit: Visit) => boolean,
  ): Promise<Visit | undefined> {
    if (secret === undefined) return undefined;
    const key = digestOf(secret);
    const text = await this.#parts.store.get(key);
    // Sealed by us for this purpose alone, so it has the form we gave it.
    const opened = text === undefined ? undefined : this.#parts.sealer.open('visit', text);
    const visit = opened as Visit | undefined;
    // One that was moved from another secret is nobody's.
    if (visit === undefined || visit.key !== key) return undefined;
    return visit.endsAtSeconds > this.#parts.nowSeconds() && isTrusted(visit) ? visit : undefined;
  }

  /** Keeps what a page has changed about it. */
  keep(visit: Visit): Promise<void> {
    const viewed = visit.viewed.slice(-MAX_VIEWED);
    return this.#parts.store.replace(visit.key, this.#seal({ ...visit, viewed }));
  }

  /** Whatever the policy says of it by now. */
  async end(secret: string | undefined): Promise<void> {
    const visit = await this.find(secret, () => true);
    if (visit !== undefined) await this.#parts.store.end(visit.key, accountOf(visit.principal));
  }

  /** A principal is as long as its token; what is written beside it gives way first. */
  #seal(visit: Visit): string {
    const sealed = this.#parts.sealer.seal('visit', visit);
    return sealed.length <= MAX_SEALED_CHARS
      ? sealed
      : this.#parts.sealer.seal('visit', { ...visit, draft: undefined, viewed: [] });
  }
}

function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** What is looked up is no secret, so how long it takes to find says nothing. */
function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

function accountOf({ issuer, subject }: Principal): string {
  return createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('base64url');
}
