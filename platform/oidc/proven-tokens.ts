// Tokens whose signature was found good, so that the next request with one costs a hash instead of
// a signature check. Bounded in number and in size; the least recently used goes first.

import type { Principal } from '#core/identity/principal.ts';
import type { TokenWindow } from '#core/identity/token-claims.ts';
import type { KeySet } from './key-set.ts';
import type { TrustedIssuer } from './trusted-issuer.ts';

/** All that a signature proves; when and where it holds is judged at each use. */
export interface ProvenToken {
  readonly principal: Principal;
  readonly window: TokenWindow;
  readonly audiences: readonly string[];
  readonly issuer: TrustedIssuer;
  /** The keys that proved it: other keys, other proof. */
  readonly keySet: KeySet;
  readonly sizeChars: number;
}

const MAX_TOKENS = 10_000;
/** Claims take several times the room of their token; this is some 50 MB at worst. */
const MAX_CHARS = 8 * 1024 * 1024;

export class ProvenTokens {
  // A Map keeps insertion order, so its first entry is the one used longest ago.
  readonly #tokens = new Map<string, ProvenToken>();
  #chars = 0;

  get(digest: string): ProvenToken | undefined {
    const token = this.#tokens.get(digest);
    if (token !== undefined) {
      this.#tokens.delete(digest);
      this.#tokens.set(digest, token);
    }
    return token;
  }

  set(digest: string, token: ProvenToken): void {
    this.#forget(digest);
    this.#tokens.set(digest, token);
    this.#chars += token.sizeChars;
    for (const oldest of this.#tokens.keys()) {
      if (this.#tokens.size <= MAX_TOKENS && this.#chars <= MAX_CHARS) return;
      this.#forget(oldest);
    }
  }

  #forget(digest: string): void {
    const token = this.#tokens.get(digest);
    if (token === undefined) return;
    this.#tokens.delete(digest);
    this.#chars -= token.sizeChars;
  }
}
