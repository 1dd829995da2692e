// Keys of blobs: one key agreement starts a chain, each blob takes the next key of it, and a step back
// is not possible. A writer that keeps only where it stands cannot open what it has sealed.

import { createHash, diffieHellman, hkdfSync, type KeyObject } from 'node:crypto';

/** Where a chain stands: good for this blob's key and all after it, for none before. */
export type ChainKey = Buffer;

export interface Agreement {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** Raw public keys of both sides. */
  readonly epoch: Uint8Array;
  readonly recipient: Uint8Array;
}

const KEY_BYTES = 32;
const CHAIN_INFO = 'gatehouse/recording-chain/v1\n';
const KEY_LABEL = 'gatehouse/recording-key/v1\n';
const NEXT_LABEL = 'gatehouse/recording-next/v1\n';

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

export function blobKey(chain: ChainKey): Buffer {
  return createHash('sha256').update(KEY_LABEL).update(chain).digest();
}

export function nextChainKey(chain: ChainKey): ChainKey {
  return createHash('sha256').update(NEXT_LABEL).update(chain).digest();
}
