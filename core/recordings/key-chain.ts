// Keys of blobs: one key agreement starts a chain, each blob takes the next key of it, and a step back
// is not possible. A writer that keeps only where it stands cannot open what it has sealed.

import { createSecretKey, diffieHellman, hash, hkdfSync, type KeyObject } from 'node:crypto';

/** Where a chain stands: good for this blob's key and all after it, for none before. */
export type ChainKey = Buffer;

export interface Agreement {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Raw public keys of both sides. */
  readonly epoch: Uint8Array;
  readonly recipient: Uint8Array;
}

export interface ChainStep {
  /** An object, because a cipher takes one five times as fast as it takes bytes. */
  readonly key: KeyObject;
  readonly next: ChainKey;
}

const KEY_BYTES = 32;
const CHAIN_INFO = 'gatehouse/recording-chain/v1\n';
const STEP_LABEL = Buffer.from('gatehouse/recording-step/v1\n');

/**
 * The first chain key: X25519, then HKDF-SHA-256 salted with both public keys. Throws when the other
 * side's key is one that yields no secret.
 */
export function beginChain({ privateKey, publicKey, epoch, recipient }: Agreement): ChainKey {
  const secret = diffieHellman({ privateKey, publicKey });
  const salt = Buffer.concat([epoch, recipient]);
  const chain = Buffer.from(hkdfSync('sha256', secret, salt, CHAIN_INFO, KEY_BYTES));
  secret.fill(0);
  return chain;
}

/** The key of this blob and the chain key of the next, from one SHA-512. */
export function step(chain: ChainKey): ChainStep {
  const both = derive(chain);
  const key = createSecretKey(both.subarray(0, KEY_BYTES));
  both.fill(0, 0, KEY_BYTES);
  return { key, next: both.subarray(KEY_BYTES) };
}

/** Goes on without the key. */
export function skip(chain: ChainKey): ChainKey {
  return derive(chain).subarray(KEY_BYTES);
}

function derive(chain: ChainKey): Buffer {
  return hash('sha512', Buffer.concat([STEP_LABEL, chain]), 'buffer');
}
