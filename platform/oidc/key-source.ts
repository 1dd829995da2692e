// The keys of one issuer over time: fetched when needed, refetched when old or when a token names a
// key that is not among them, kept while the issuer is down. One fetch at a time, whoever asks.

import type { CryptoKey } from 'jose';
import {
  documentUrl,
  type IssuerDocuments,
  IssuerFault,
  type PlainHttp,
} from './issuer-document.ts';
import { type KeyChoice, type KeySet, readKeySet, type TokenHeader } from './key-set.ts';

/** Where keys come from; two issuers with the same place share one source. */
export interface KeyPlace {
  readonly issuer: string;
  /** Absent: the discovery document says it. */
  readonly jwksUri?: string;
}

export interface KeySourceDeps {
  readonly documents: IssuerDocuments;
  readonly allowPlainHttp: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Authorities in a key of a Secret, as PEM. Absent: there are no Secrets here. */
  readonly readSecret?: SecretReader | undefined;
}

export type SecretReader = (ref: {
  readonly name: string;
  readonly key: string;
}) => Promise<string>;

export type KeyLookup =
  | { readonly kind: 'key'; readonly key: CryptoKey; readonly keySet: KeySet }
  | Exclude<KeyChoice, { readonly kind: 'key' }>
  | { readonly kind: 'unavailable' };

/** The keys of one issuer, wherever they come from. */
export interface IssuerKeys {
  /** What went wrong when they were last to be had, for operators. */
  readonly problem: string | undefined;
  /** Those in force, if nothing has to be fetched before they can be believed. */
  readonly current: KeySet | undefined;
  /** True when there are keys to verify with. */
  ready(): Promise<boolean>;
  find(header: TokenHeader): Promise<KeyLookup>;
}

/** A key that the issuer withdrew is refused after this long at the latest. */
export const KEYS_MAX_AGE_MS = 10 * 60_000;
/** With the issuer down, keys are believed this long; after that, nobody is let in. */
export const KEYS_MAX_STALE_MS = 24 * 60 * 60_000;
/** Tokens with invented key ids cost the issuer one fetch in this time. */
export const UNKNOWN_KEY_INTERVAL_MS = 30_000;
/** After a fetch that failed, callers are not made to wait for the next one sooner than this. */
export const RETRY_INTERVAL_MS = 5_000;

export class KeySource implements IssuerKeys {
  readonly place: KeyPlace;
  readonly #deps: KeySourceDeps;
  #keySet: KeySet | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  #searchedAt = Number.NEGATIVE_INFINITY;
  #fetching: Promise<void> | undefined;
  #problem: string | undefined;

  constructor(place: KeyPlace, deps: KeySourceDeps) {
    this.place = place;
    this.#deps = deps;
  }

  /** What went wrong with the last fetch, for operators. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** The keys in force, if nothing has to be fetched before they can be believed. */
  get current(): KeySet | undefined {
    return this.#isDue() ? undefined : this.#believed();
  }

  /** Fetches the keys if that is due; true when there are keys to verify with. */
  async ready(): Promise<boolean> {
    if (this.#isDue()) await this.#fetch();
    return this.#believed() !== undefined;
  }

  async find(header: TokenHeader): Promise<KeyLookup> {
    if (!(await this.ready())) return { kind: 'unavailable' };
    const choice = await this.#choose(header);
    if (choice.kind !== 'none' || !this.#maySearch()) return choice;
    await this.#fetch();
    return this.#choose(header);
  }

  async #choose(header: TokenHeader): Promise<KeyLookup> {
    const keySet = this.#believed();
    if (keySet === undefined) return { kind: 'unavailable' };
    const choice = await keySet.choose(header);
    return choice.kind === 'key' ? { ...choice, keySet } : choice;
  }

  #believed(): KeySet | undefined {
    return this.#age(this.#fetchedAt) <= KEYS_MAX_STALE_MS ? this.#keySet : undefined;
  }

  #isDue(): boolean {
    return (
      this.#age(this.#fetchedAt) >= KEYS_MAX_AGE_MS &&
      this.#age(this.#failedAt) >= RETRY_INTERVAL_MS
    );
  }

  /** Joining a fetch under way is free; starting one for an unknown key is rationed. */
  #maySearch(): boolean {
    if (this.#fetching !== undefined) return true;
    if (this.#age(this.#searchedAt) < UNKNOWN_KEY_INTERVAL_MS) return false;
    this.#searchedAt = this.#deps.now();
    return true;
  }

  #fetch(): Promise<void> {
    this.#fetching ??= this.#load().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #load(): Promise<void> {
    const startedAt = this.#deps.now();
    try {
      const keySet = readKeySet(await this.#readKeys());
      // Tokens proven by the same keys stay proven.
      if (keySet.fingerprint !== this.#keySet?.fingerprint) this.#keySet = keySet;
      this.#fetchedAt = startedAt;
      this.#failedAt = Number.NEGATIVE_INFINITY;
      this.#problem = undefined;
    } catch (error) {
      if (!(error instanceof IssuerFault)) throw error;
      this.#failedAt = startedAt;
      this.#problem = error.message;
    }
  }

  async #readKeys() {
    const { documents, allowPlainHttp } = this.#deps;
    const plainHttp = allowPlainHttp ? 'anywhere' : 'loopback';
    const { jwksUri } = this.place;
    const url =
      jwksUri === undefined
        ? await this.#discover(plainHttp)
        : documentUrl(jwksUri, 'jwksUri', plainHttp);
    return documents.read(url, 'keys');
  }

  /** OpenID Connect Discovery section 4; the document must name the issuer it was asked for. */
  async #discover(plainHttp: PlainHttp): Promise<URL> {
    const { issuer } = this.place;
    const base = issuer.endsWith('/') ? issuer.slice(0, -1) : issuer;
    const url = documentUrl(`${base}/.well-known/openid-configuration`, 'issuer', plainHttp);
    const document = await this.#deps.documents.read(url, 'discovery');
    if (document.issuer !== issuer) {
      throw new IssuerFault('discovery: issuer: differs from the one in the policy');
    }
    if (typeof document.jwks_uri !== 'string') {
      throw new IssuerFault('discovery: jwks_uri: is missing');
    }
    // A document that came over TLS does not lead us off it.
    const keysPlainHttp = allowedFrom(url, plainHttp);
    return documentUrl(document.jwks_uri, 'discovery: jwks_uri', keysPlainHttp);
  }

  /** Never negative: when somebody sets the clock back, what we hold is new, not from the future. */
  #age(since: number): number {
    return Math.max(0, this.#deps.now() - since);
  }
}

function allowedFrom(discovery: URL, plainHttp: PlainHttp): PlainHttp {
  return discovery.protocol === 'https:' && plainHttp === 'loopback' ? 'never' : plainHttp;
}
