// The private key that signs tokens for the MCP server, in a file of its own: made on first start,
// whole or not at all, and readable by its owner alone.

import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A key file that is there and is not an ES256 key. Its content is never quoted. */
export class SigningKeyFault extends Error {
  override readonly name = 'SigningKeyFault';
  readonly code = 'signing_key';
}

/** ES256 (RFC 7518 section 3.4): the elliptic curve that every JWT library can verify. */
export function newSigningKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** Reads the PKCS #8 PEM file, made with a fresh key (mode 0600) where there is none. */
export async function loadSigningKey(file: string): Promise<KeyObject> {
  const existing = await readIfThere(file);
  if (existing !== undefined) return parseKey(existing, file);
  await writeOnce(file, newSigningKey().export({ type: 'pkcs8', format: 'pem' }).toString());
  // Another process may have been first: what is on disk is the key.
  return parseKey(await readFile(file, 'utf8'), file);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** A link appears whole, and never in place of a file that is there. */
async function writeOnce(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomUUID()}.new`;
  await writeDurably(draft, text);
  try {
    await link(draft, file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function parseKey(pem: string, file: string): KeyObject {
  const key = tryParse(pem);
  if (key?.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new SigningKeyFault(
      `${file}: is not a P-256 private key in PEM; remove it to have a new one made, or run: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${file}`,
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
