// A pair of Ed25519 keys in two files: the public half, which a flag names and others are given, and the
// private one, which lies beside it as `.key`. Several public halves in one file are a rotation.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { join, parse } from 'node:path';
import {
  rawPublicKey,
  type SignatureKey,
  type Signer,
  signatureKey,
  signerFor,
} from '#core/evidence/signature.ts';
import {
  createKeyPairFiles,
  type FaultClass,
  type KeyPairFiles,
  keyFileExists,
  parseKey,
  readPem,
  readPrivatePem,
} from './key-pair-files.ts';

export interface SigningPair extends KeyPairFiles {
  /** Whether this call made the pair; say so, for others must get the public half. */
  readonly isNew: boolean;
  readonly id: string;
  readonly signer: Signer;
  /** All public halves in the file, its own first: what was signed before a rotation still counts. */
  readonly trusted: readonly SignatureKey[];
}

/** How faults of a pair are told: by whom, and which flag names the file. */
export interface PairKind {
  readonly Fault: FaultClass;
  readonly flag: string;
}

const PUBLIC_PEM = /-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----/g;

/** Makes the pair when neither half exists; rejects with the fault of its kind when it cannot be used. */
export async function loadSigningPair(publicKeyFile: string, kind: PairKind): Promise<SigningPair> {
  const { Fault } = kind;
  const privateKeyFile = privateHalf(publicKeyFile, kind);
  const [hasPublic, hasPrivate] = await Promise.all([
    keyFileExists(publicKeyFile, Fault),
    keyFileExists(privateKeyFile, Fault),
  ]);
  if (hasPublic !== hasPrivate) {
    throw new Fault(oneHalf(publicKeyFile, privateKeyFile, hasPublic));
  }
  if (!hasPublic) {
    const pair = generateKeyPairSync('ed25519');
    await createKeyPairFiles(pair, { publicKeyFile, privateKeyFile }, kind);
  }
  const signer = signerFor(await readPrivateKey(privateKeyFile, Fault));
  const trusted = await readPublicKeys(publicKeyFile, kind);
  const { id } = signatureKey(signer.publicKey);
  if (trusted[0]?.id !== id) {
    throw new Fault(
      `${publicKeyFile} and ${privateKeyFile} are not halves of one key; restore the pair, or move both away to have a new one made`,
    );
  }
  return { publicKeyFile, privateKeyFile, isNew: !hasPublic, id, signer, trusted };
}

/** One PEM block, or several after a rotation. */
export async function readPublicKeys(
  file: string,
  { Fault, flag }: PairKind,
): Promise<readonly SignatureKey[]> {
  const blocks = (await readPem(file, Fault)).match(PUBLIC_PEM) ?? [];
  if (blocks.length === 0) {
    throw new Fault(`${file}: holds no public key in PEM; give the file that was made for ${flag}`);
  }
  return blocks.map((block) => {
    const key = parseKey(() => createPublicKey(block));
    if (key?.asymmetricKeyType !== 'ed25519') {
      throw new Fault(`${file}: holds a public key that is not Ed25519`);
    }
    return signatureKey(rawPublicKey(key));
  });
}

/** `gatehouse-trust.pub` -> `gatehouse-trust`: what the files that belong to a key begin with. */
export function keyStem(publicKeyFile: string): string {
  const { dir, name, ext, base } = parse(publicKeyFile);
  return join(dir, ext === '.pub' || ext === '.pem' ? name : base);
}

function privateHalf(publicKeyFile: string, { Fault }: PairKind): string {
  const stem = keyStem(publicKeyFile);
  if (parse(publicKeyFile).ext === '.key') {
    throw new Fault(
      `${publicKeyFile}: name the public half, such as ${stem.slice(0, -'.key'.length)}.pub; the private half lies beside it as .key`,
    );
  }
  return `${stem}.key`;
}

function oneHalf(publicKeyFile: string, privateKeyFile: string, hasPublic: boolean): string {
  const [there, missing] = hasPublic
    ? [publicKeyFile, privateKeyFile]
    : [privateKeyFile, publicKeyFile];
  return `${there} exists but ${missing} does not; restore it, or move ${there} away to have a new pair made`;
}

async function readPrivateKey(file: string, Fault: FaultClass): Promise<KeyObject> {
  const pem = await readPrivatePem(file, Fault);
  const key = parseKey(() => createPrivateKey(pem));
  if (key?.asymmetricKeyType !== 'ed25519') {
    throw new Fault(`${file}: is not an Ed25519 private key in PEM (PKCS #8)`);
  }
  return key;
}
