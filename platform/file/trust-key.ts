// The trust key: the Ed25519 pair whose public half an auditor holds and whose private half certifies
// lanes and signs checkpoints. Both halves lie outside the data, so that whoever can rewrite the data
// cannot sign it anew.

import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { SignatureKey } from '#core/evidence/signature.ts';
import { loadSigningPair, readPublicKeys, type SigningPair } from './signing-pair.ts';

export type TrustKey = Omit<SigningPair, 'trusted'>;

/** A trust key that cannot be used. Names the file and what to do, never what is in it. */
export class TrustKeyFault extends Error {
  override readonly name = 'TrustKeyFault';
  readonly code = 'trust_key';
}

const KIND = { Fault: TrustKeyFault, flag: '--trust-key' };

/**
 * Loads the pair of which `publicKeyFile` is the public half, and makes it when neither half exists.
 * Rejects with TrustKeyFault when it cannot be used or lies inside `dataDir`.
 */
export async function loadTrustKey(publicKeyFile: string, dataDir: string): Promise<TrustKey> {
  await refuseInside(publicKeyFile, dataDir);
  return loadSigningPair(publicKeyFile, KIND);
}

/** Public keys to verify against: one PEM block, or several after a rotation. */
export function readTrustedKeys(file: string): Promise<readonly SignatureKey[]> {
  return readPublicKeys(file, KIND);
}

async function refuseInside(publicKeyFile: string, dataDir: string): Promise<void> {
  const folder = await realPlace(dirname(resolve(publicKeyFile)));
  const data = await realPlace(resolve(dataDir));
  const path = relative(data, folder);
  if (path === '' || !(path.startsWith('..') || resolve(path) === path)) {
    throw new TrustKeyFault(
      `${publicKeyFile}: lies inside --data; whoever can rewrite the data could sign it too. Name a file elsewhere with --trust-key`,
    );
  }
}

/** The path without symbolic links, also where its last parts do not exist yet. */
async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPlace(parent), basename(path));
  }
}
