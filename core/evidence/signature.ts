// The only hashes and signatures evidence uses: SHA-256 and Ed25519, each over a text that begins
// with its purpose, so that nothing made for one purpose is ever good for another.

import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** First line of every hashed or signed text; docs/audit-format.md lists what follows each. */
export const PURPOSES = {
  record: 'gatehouse/record/v1\n',
  commit: 'gatehouse/commit/v1\n',
  lane: 'gatehouse/lane/v1\n',
  certificate: 'gatehouse/certificate/v1\n',
  checkpoint: 'gatehouse/checkpoint/v1\n',
  checkpointLink: 'gatehouse/checkpoint-link/v1\n',
  archived: 'gatehouse/archived/v1\n',
  commitment: 'gatehouse/commitment/v1\n',
  callBinding: 'gatehouse/binding/call/v1\n',
  windowBinding: 'gatehouse/binding/window/v1\n',
  approvalRule: 'gatehouse/approval-rule/v1\n',
  approvalRequest: 'gatehouse/approval-request/v1\n',
  vote: 'gatehouse/vote/v1\n',
  grant: 'gatehouse/grant/v1\n',
  breakGlass: 'gatehouse/break-glass/v1\n',
  glassReview: 'gatehouse/glass-review/v1\n',
} as const;
export type Purpose = keyof typeof PURPOSES;

/** An Ed25519 private key that can do nothing but sign. */
export interface Signer {
  /** Raw public key, base64url. */
  readonly publicKey: string;
  /** Returns the signature as base64url. */
  sign(purpose: Purpose, text: string): string;
}

/** A public key that signatures are checked against. */
export interface SignatureKey {
  /** SHA-256 of the raw public key, lower-case hex. */
  readonly id: string;
  verifies(purpose: Purpose, text: string, signature: string): boolean;
}

export class KeyFault extends Error {
  override readonly name = 'KeyFault';
  readonly code = 'key_invalid';
}

/** `prev` of the first of a chain. */
export const NO_HASH = '0'.repeat(64);

const RAW_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** SHA-256 of the purpose and the text, lower-case hex. */
export function digest(purpose: Purpose, text: string): string {
  return createHash('sha256').update(PURPOSES[purpose]).update(text, 'utf8').digest('hex');
}

/** SHA-256 of bytes that have no meaning of their own, such as a torn tail. */
export function bytesDigest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Throws KeyFault unless the key is a private Ed25519 key. */
export function signerFor(privateKey: KeyObject): Signer {
  if (privateKey.type !== 'private' || privateKey.asymmetricKeyType !== 'ed25519') {
    throw new KeyFault('not a private Ed25519 key');
  }
  const publicKey = rawPublicKey(createPublicKey(privateKey));
  return {
    publicKey,
    sign: (purpose, text) =>
      sign(null, Buffer.from(PURPOSES[purpose] + text, 'utf8'), privateKey).toString('base64url'),
  };
}

/** Throws KeyFault unless the text is a raw Ed25519 public key in base64url. */
export function signatureKey(publicKey: string): SignatureKey {
  const raw = decodeBase64Url(publicKey, RAW_KEY_BYTES);
  if (raw === undefined) {
    throw new KeyFault('not a raw Ed25519 public key in base64url');
  }
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: publicKey },
    format: 'jwk',
  });
  return {
    id: bytesDigest(raw),
    verifies: (purpose, text, signature) => {
      const bytes = decodeBase64Url(signature, SIGNATURE_BYTES);
      return (
        bytes !== undefined &&
        verify(null, Buffer.from(PURPOSES[purpose] + text, 'utf8'), key, bytes)
      );
    },
  };
}

/** The same for a text of others; undefined when it is none. */
export function findSignatureKey(publicKey: string): SignatureKey | undefined {
  try {
    return signatureKey(publicKey);
  } catch {
    return undefined;
  }
}

/** Raw public key of an Ed25519 key object, base64url; throws KeyFault for other kinds. */
export function rawPublicKey(key: KeyObject): string {
  const { x } = key.asymmetricKeyType === 'ed25519' ? key.export({ format: 'jwk' }) : {};
  if (x === undefined) {
    throw new KeyFault('not an Ed25519 key');
  }
  return x;
}

/**
 * Decodes exactly `sizeBytes`; undefined for anything else. Strict because a lax decoder ignores
 * padding bits, and then two texts would carry one signature.
 */
export function decodeBase64Url(text: string, sizeBytes: number): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === sizeBytes && bytes.toString('base64url') === text ? bytes : undefined;
}
