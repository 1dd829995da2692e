// The trust key: the Ed25519 pair whose public half an auditor holds and whose private half certifies
// lanes and signs checkpoints. Both halves lie outside the data, so that whoever can rewrite the data
// cannot sign it anew.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, parse, relative, resolve } from 'node:path';
import {
  rawPublicKey,
  type SignatureKey,
  type Signer,
  signatureKey,
  signerFor,
} from '#core/evidence/signature.ts';
import {
  createKeyPairFiles,
  type KeyPairFiles,
  keyFileExists,
  parseKey,
  readPem,
  readPrivatePem,
} from './key-pair-files.ts';

export interface TrustKey extends KeyPairFiles {
  /** Whether this call made the pair; say so, for the public half must reach the auditor. */
  readonly isNew: boolean;
  readonly id: string;
  readonly signer: Signer;
}

/** A trust key that cannot be used. Names the file and what to do, never what is in it. */
export class TrustKeyFault extends Error {
  override readonly name = 'TrustKeyFault';
  readonly code = 'trust_key';
}

const PUBLIC_PEM = /-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----/g;

/**
 * Loads the pair of which `publicKeyFile` is the public half, and makes it when neither half exists.
 * Rejects with TrustKeyFault when it cannot be used or lies inside `dataDir`.
 */
export async function loadTrustKey(publicKeyFile: string, dataDir: string): Promise<TrustKey> {
  const privateKeyFile = privateHalf(publicKeyFile);
  await refuseInside(publicKeyFile, dataDir);
  const [hasPublic, hasPrivate] = await Promise.all([
    keyFileExists(publicKeyFile, TrustKeyFault),
    keyFileExists(privateKeyFile, TrustKeyFault),
  ]);
  if (hasPublic !== hasPrivate) {
    throw oneHalf(publicKeyFile, privateKeyFile, hasPublic);
  }
  if (!hasPublic) {
    const pair = generateKeyPairSync('ed25519');
    await createKeyPairFiles(pair, { publicKeyFile, privateKeyFile }, TrustKeyFault);
  }
  const privateKey = await readPrivateKey(privateKeyFile);
  const [publicKey] = await readTrustedKeys(publicKeyFile);
  const signer = signerFor(privateKey);
  const { id } = signatureKey(signer.publicKey);
  if (publicKey?.id !== id) {
    throw new TrustKeyFault(
      `${publicKeyFile} and ${privateKeyFile} are not halves of one key; restore the pair, or move both away to have a new one made`,
    );
  }
  return { publicKeyFile, privateKeyFile, isNew: !hasPublic, id, signer };
}

/** Public keys to verify against: one PEM block, or several after a rotation. */
export async function readTrustedKeys(file: string): Promise<readonly SignatureKey[]> {
  const blocks = (await readPem(file, TrustKeyFault)).match(PUBLIC_PEM) ?? [];
  if (blocks.length === 0) {
    throw new TrustKeyFault(
      `${file}: holds no public key in PEM; give the file that "gatehouse run" wrote as --trust-key`,
    );
  }
  return blocks.map((block) => {
    const key = parseKey(() => createPublicKey(block));
    if (key?.asymmetricKeyType !== 'ed25519') {
      throw new TrustKeyFault(`${file}: holds a public key that is not Ed25519`);
    }
    return signatureKey(rawPublicKey(key));
  });
}

/** `gatehouse-trust.pub` -> `gatehouse-trust`: what the files that belong to a trust key begin with. */
export function trustKeyStem(publicKeyFile: string): string {
  const { dir, name, ext, base } = parse(publicKeyFile);
  return join(dir, ext === '.pub' || ext === '.pem' ? name : base);
}

function privateHalf(publicKeyFile: string): string {
  if (parse(publicKeyFile).ext === '.key') {
    throw new TrustKeyFault(
      `${publicKeyFile}: name the public half, such as ${trustKeyStem(publicKeyFile).slice(0, -4)}.pub; the private half lies beside it as .key`,
    );
  }
  return `${trustKeyStem(publicKeyFile)}.key`;
}

function oneHalf(publicKeyFile: string, privateKeyFile: string, hasPublic: boolean): TrustKeyFault {
  const [there, missing] = hasPublic
    ? [publicKeyFile, privateKeyFile]
    : [privateKeyFile, publicKeyFile];
  return new TrustKeyFault(
    `${there} exists but ${missing} does not; restore it, or move ${there} away to have a new pair made`,
  );
}

async function readPrivateKey(file: string): Promise<KeyObject> {
  const pem = await readPrivatePem(file, TrustKeyFault);
  const key = parseKey(() => createPrivateKey(pem));
  if (key?.asymmetricKeyType !== 'ed25519') {
    throw new TrustKeyFault(`${file}: is not an Ed25519 private key in PEM (PKCS #8)`);
  }
  return key;
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
