// The private keys that sign tokens for the MCP server, and votes and grants, each in a file of its own: made on first
// start, whole or not at all, and readable by its owner alone.

import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type KeyFile, readKeyFile } from './key-file.ts';

/** A key file that is there and does not hold a key of its kind. Its content is never quoted. */
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

/** Reads the PKCS #8 PEM file, made with a fresh key (mode 0600) where there is none and none is given. */
export async function loadSigningKey(
  file: KeyFile,
  kind: SigningKeyKind = 'P-256',
): Promise<KeyObject> {
  const fresh = () => newSigningKey(kind).export({ type: 'pkcs8', format: 'pem' }).toString();
  return parseKey(await readKeyFile(file, fresh, SigningKeyFault), file.path, kind);
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
