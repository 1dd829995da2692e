// The signing keys of an issuer at one moment (RFC 7517), and which of them a token names. Private
// and symmetric keys, and keys of a size that only costs time, are left out.

import { type CryptoKey, createLocalJWKSet, errors } from 'jose';
import { isObject, type JsonObject, type JsonValue } from '#core/mcp/messages.ts';
import { IssuerFault } from './issuer-document.ts';

export interface TokenHeader {
  readonly alg: string;
  readonly kid?: string;
}

export type KeyChoice =
  | { readonly kind: 'key'; readonly key: CryptoKey }
  | { readonly kind: 'none' }
  /** Several would do and the token names none: OpenID Connect Core 10.1 wants a `kid` then. */
  | { readonly kind: 'ambiguous' };

export interface KeySet {
  /** The same text means the same keys. */
  readonly fingerprint: string;
  choose(header: TokenHeader): Promise<KeyChoice>;
}

/** No issuer rotates through more; each costs a look at every token without a known key. */
const MAX_KEYS = 100;
/** Base64url of an RSA modulus of 8192 bits; verifying with a larger one is work for nothing. */
const MAX_MODULUS_CHARS = 1366;
/** The exponent in use everywhere has 4 characters; a long one makes verifying slow. */
const MAX_EXPONENT_CHARS = 6;

export function readKeySet(document: JsonObject): KeySet {
  const { keys } = document;
  if (!Array.isArray(keys)) throw new IssuerFault('keys: the document has no list of keys');
  if (keys.length > MAX_KEYS) throw new IssuerFault(`keys: more than ${MAX_KEYS}`);
  const usable = keys.filter(isUsable);
  const select = createLocalJWKSet({ keys: usable });
  return {
    fingerprint: JSON.stringify(usable),
    choose: async (header) => {
      try {
        return { kind: 'key', key: await select({ ...header }) };
      } catch (error) {
        // Also a key that cannot be imported is no key; nothing else can go wrong here.
        return error instanceof errors.JWKSMultipleMatchingKeys
          ? { kind: 'ambiguous' }
          : { kind: 'none' };
      }
    },
  };
}

type PublicJwk = JsonObject & { readonly kty: string };

function isUsable(key: JsonValue): key is PublicJwk {
  if (!isObject(key) || Object.hasOwn(key, 'd') || Object.hasOwn(key, 'k')) return false;
  if (key.kty !== 'RSA') return key.kty === 'EC' || key.kty === 'OKP';
  return isShort(key.n, MAX_MODULUS_CHARS) && isShort(key.e, MAX_EXPONENT_CHARS);
}

function isShort(value: JsonValue | undefined, chars: number): boolean {
  return typeof value === 'string' && value.length <= chars;
}
