// The private key that signs tokens for the MCP server, in a file of its own: made on first start,
// whole or not at all, and readable by its owner alone.

import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeOnce } from './write-once.ts';

/** A key file that is there and is not an ES256 key. Its content is never quoted. */
export class SigningKeyFault extends Error {
  override readonly name = 'SigningKeyFault';
  readonly code = 'signing_key';
}

/** What a key signs with: tokens for the server, or grants. */
export type SigningKeyKind = keyof typeof KINDS;

const KINDS = {
  'P-256': {
    make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    isRight: (key: KeyObject) => key.asymmetricKeyDetails?.namedCurve === 'prime256v1',
    openssl: 'EC -pkeyopt ec_paramgen_curve:P-256',
  },
  Ed25519: {
    make: () => generateKeyPairSync('ed25519').privateKey,
    isRight: (key: KeyObject) => key.asymmetricKeyType === 'ed25519',
    openssl: 'ed25519',
  },
} as const;

/** A key for one run, kept nowhere. */
export function newSigningKey(kind: SigningKeyKind = 'P-256'): KeyObject {
  return KINDS[kind].make();
}

/** Reads the PKCS #8 PEM file, made with a fresh key (mode 0600) where there is none. */
export async function loadSigningKey(
  file: string,
  kind: SigningKeyKind = 'P-256',
): Promise<KeyObject> {
  const existing = await readIfThere(file);
  if (existing !== undefined) return parseKey(existing, file, kind);
  await writeOnce(file, newSigningKey(kind).export({ type: 'pkcs8', format: 'pem' }).toString());
  // Another process may have been first: what is on disk is the key.
  return parseKey(await readFile(file, 'utf8'), file, kind);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parseKey(pem: string, file: string, kind: SigningKeyKind): KeyObject {
  const key = tryParse(pem);
  const { isRight, openssl } = KINDS[kind];
  if (key === undefined || !isRight(key)) {
    throw new SigningKeyFault(
      `${file}: is not a ${kind} private key in PEM; remove it to have a new one made, or run: openssl genpkey -algorithm ${openssl} -out ${file}`,
    );
  }
  return key;
}

function tryParse(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
