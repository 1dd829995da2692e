// The key of the tokens that stand for hidden values where masking says Hash: equal for equal values for
// as long as the key stays, and told from no value without it. In a private file, made on first start.

import { createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hmac } from '#core/masking/actions.ts';
import { writeOnce } from './write-once.ts';

export const MASKING_KEY_FILE = 'masking.key';
const KEY_BYTES = 32;
/** So that a token is of no use where the same key should ever be used for something else. */
const PURPOSE = 'gatehouse/masking-token/v1\n';

/** A key file that is there and is not a key. Its content is never quoted. */
export class MaskingKeyFault extends Error {
  override readonly name = 'MaskingKeyFault';
  readonly code = 'masking_key';
}

/** Reads `DIR/masking.key`, made where there is none (mode 0600). */
export async function loadMaskingHash(dataDir: string): Promise<Hmac> {
  const file = join(dataDir, MASKING_KEY_FILE);
  const found = await readIfThere(file);
  if (found === undefined) {
    await writeOnce(file, `${randomBytes(KEY_BYTES).toString('base64')}\n`);
  }
  const key = parseKey(found ?? (await readFile(file, 'utf8')), file);
  return (text) => createHmac('sha256', key).update(PURPOSE).update(text).digest('hex');
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseKey(text: string, file: string): Uint8Array {
  const line = text.trim();
  const key = Buffer.from(line, 'base64');
  if (key.byteLength === KEY_BYTES && key.toString('base64') === line) return key;
  throw new MaskingKeyFault(
    `${file}: must hold ${KEY_BYTES} bytes in base64; remove it to have a new one made, or run: openssl rand -base64 ${KEY_BYTES}`,
  );
}
