// The key recordings are sealed for: an X25519 pair of which a gateway holds the public half alone, so
// that it can write what it cannot read.

import { createHash, type KeyObject } from 'node:crypto';

/** The public half, ready to seal with. */
export interface RecordingKey {
  /** SHA-256 of the raw public key, lower-case hex. */
  readonly id: string;
  readonly publicKey: KeyObject;
  /** 32 bytes. */
  readonly raw: Uint8Array;
}

export class RecordingKeyFault extends Error {
  override readonly name = 'RecordingKeyFault';
  readonly code = 'recording_key';
}

const CURVE = 'x25519';

/** Throws RecordingKeyFault unless the key is a public X25519 key. */
export function recordingKey(publicKey: KeyObject): RecordingKey {
  const raw = rawX25519(publicKey);
  return { id: createHash('sha256').update(raw).digest('hex'), publicKey, raw };
}

/** The 32 bytes of a public X25519 key; throws RecordingKeyFault for other kinds. */
export function rawX25519(publicKey: KeyObject): Uint8Array {
  const isPublic = publicKey.type === 'public' && publicKey.asymmetricKeyType === CURVE;
  const { x } = isPublic ? publicKey.export({ format: 'jwk' }) : {};
  if (x === undefined) {
    throw new RecordingKeyFault('not a public X25519 key');
  }
  return Buffer.from(x, 'base64url');
}
