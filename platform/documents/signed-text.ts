// What the operator signs and others verify: policy documents, generation floors, what was injected. JWS
// compact (RFC 7515), Ed25519 alone, with a type of its own for each, so that none passes for another.

import { createHash, type KeyObject } from 'node:crypto';
import {
  CompactSign,
  type CryptoKey,
  calculateJwkThumbprint,
  compactVerify,
  exportJWK,
  importJWK,
} from 'jose';
import { readJson } from '#core/mcp/json.ts';

export type SignedKind = 'policy' | 'floor' | 'status' | 'ack';

export interface DocumentKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** One JWK Set, as `policy-keys.json` holds it: the current key, and during a rotation others. */
export interface DocumentKeySet {
  readonly keys: readonly DocumentJwk[];
}

export interface DocumentJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}

export type SignedRead =
  /** The JSON that was signed. */
  | { readonly ok: true; readonly value: unknown; readonly kid: string }
  | { readonly ok: false; readonly problem: string };

export interface DocumentVerifier {
  /** Never rejects; problems say nothing of what the text holds. */
  verify(kind: SignedKind, jws: string): Promise<SignedRead>;
}

const ALG = 'EdDSA';
/** A ConfigMap holds one MiB with everything around it. */
export const MAX_SIGNED_CHARS = 1_000_000;
const MAX_DEPTH = 64;
const MAX_KEYS = 16;

/** The key's id is its RFC 7638 thumbprint. Rejects for keys other than Ed25519. */
export async function documentKey(privateKey: KeyObject): Promise<DocumentKey> {
  const { kid } = await publicJwk(privateKey);
  return { kid, privateKey };
}

/** What verifies the documents that these keys sign; public halves do as well. */
export async function documentKeySet(keys: readonly KeyObject[]): Promise<DocumentKeySet> {
  return { keys: await Promise.all(keys.map(publicJwk)) };
}

/** `text` is the JSON to sign, byte for byte. */
export function signText(kind: SignedKind, text: string, key: DocumentKey): Promise<string> {
  return new CompactSign(Buffer.from(text, 'utf8'))
    .setProtectedHeader({ alg: ALG, typ: typeOf(kind), kid: key.kid })
    .sign(key.privateKey);
}

/** Rejects with DocumentKeysFault when the text is not a JWK Set of Ed25519 keys. */
export async function documentVerifier(jwks: string): Promise<DocumentVerifier> {
  const keys = new Map<string, CryptoKey>();
  for (const jwk of readKeySet(jwks)) {
    const { kty, crv, x, kid, alg, use } = jwk;
    const key = await importJWK({ kty, crv, x, alg, use }, ALG).catch(() => undefined);
    if (key === undefined || key instanceof Uint8Array) throw new DocumentKeysFault();
    keys.set(kid, key);
  }
  return { verify: (kind, jws) => verifyWith(keys, kind, jws) };
}

/** The keys that came from the operator cannot be used. */
export class DocumentKeysFault extends Error {
  override readonly name = 'DocumentKeysFault';
  readonly code = 'document_keys';

  constructor() {
    super('policy-keys.json: must be a JWK Set of Ed25519 public keys, each with a kid');
  }
}

/** SHA-256 of UTF-8 text, lower-case hex: what core is given where it names documents. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

async function verifyWith(
  keys: ReadonlyMap<string, CryptoKey>,
  kind: SignedKind,
  jws: string,
): Promise<SignedRead> {
  if (jws.length > MAX_SIGNED_CHARS) {
    return { ok: false, problem: `is over ${MAX_SIGNED_CHARS} characters` };
  }
  let signer = '';
  try {
    const { payload } = await compactVerify(
      jws,
      ({ kid = '', typ, b64 }) => {
        const key = keys.get(kid);
        if (key === undefined || typ !== typeOf(kind) || b64 !== undefined) throw new Error();
        signer = kid;
        return key;
      },
      { algorithms: [ALG] },
    );
    const read = readJson(payload, {
      maxBytes: MAX_SIGNED_CHARS,
      maxDepth: MAX_DEPTH,
      numbers: 'any',
    });
    return read.ok
      ? { ok: true, value: read.value, kid: signer }
      : { ok: false, problem: 'holds no sound JSON' };
  } catch {
    return { ok: false, problem: `is not a ${kind} document that the operator signed` };
  }
}

function typeOf(kind: SignedKind): string {
  return `gatehouse-${kind}+jws`;
}

async function publicJwk(key: KeyObject): Promise<DocumentJwk> {
  const { kty, crv, x } = await exportJWK(key);
  if (kty !== 'OKP' || crv !== 'Ed25519' || x === undefined) throw new DocumentKeysFault();
  const kid = await calculateJwkThumbprint({ kty, crv, x });
  return { kty: 'OKP', crv, x, kid, alg: ALG, use: 'sig' };
}

function readKeySet(text: string): readonly DocumentJwk[] {
  const keys = parseKeys(text);
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS || !keys.every(isJwk)) {
    throw new DocumentKeysFault();
  }
  return keys;
}

function parseKeys(text: string): unknown {
  try {
    return Object(JSON.parse(text)).keys;
  } catch {
    return undefined;
  }
}

function isJwk(value: unknown): value is DocumentJwk {
  const { kty, crv, x, kid } = Object(value);
  return kty === 'OKP' && crv === 'Ed25519' && typeof x === 'string' && typeof kid === 'string';
}
