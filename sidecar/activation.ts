// The one current snapshot: policy and the verifier of its issuers, swapped whole. A message keeps
// the snapshot it arrived under; streams are told of each swap (promise 5; section 14, Streams).

import type { TokenVerifier } from '#core/identity/token-verifier.ts';
import type { Hmac } from '#core/masking/actions.ts';
import type { CompiledPolicy } from '#core/policy/compiled.ts';
import type { Doors } from './admit-head.ts';
import type { UpstreamCredential } from './upstream-credential.ts';

export interface Snapshot {
  readonly policy: CompiledPolicy;
  /** SHA-256 over the digests of the policy documents, lower-case hex. */
  readonly digest: string;
  readonly verifier: TokenVerifier;
  /** Where this policy lets the gateway be addressed, and from which pages. */
  readonly doors: Doors;
  /** Public URLs of the MCP endpoint: accepted audiences, and the base of challenges. */
  readonly publicUrls: readonly string[];
  /** Makes the tokens that stand for hidden values where masking says Hash. */
  readonly maskingHash: Hmac;
  /** What a client without a token is told to ask for; with one, it hears what exactly it lacks. */
  readonly scopes: readonly string[];
  /** As whom calls reach the server. */
  readonly credential: UpstreamCredential;
}

export class Activation {
  #current: Snapshot;
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();

  constructor(first: Snapshot) {
    this.#current = first;
  }

  get current(): Snapshot {
    return this.#current;
  }

  swap(next: Snapshot): void {
    this.#current = next;
    for (const listener of this.#listeners) listener(next);
  }

  /** Returns how to stop listening. */
  onSwap(listener: (snapshot: Snapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
