// The key of the tokens that stand for hidden values where masking says Hash: equal for equal values for
// as long as the key stays, and told from no value without it. In a private file, made on first start.

import { createHmac, randomBytes } from 'node:crypto';
import type { Hmac } from '#core/masking/actions.ts';
import { type KeyPlaces, keyFile, readKeyFile } from './key-file.ts';

export const MASKING_KEY_FILE = 'masking.key';
const KEY_BYTES = 32;
/** So that a token is of no use where the same key should ever be used for something else. */
const PURPOSE = 'gatehouse/masking-token/v1\n';

/** A key file that is there and is not a key. Its content is never quoted. */
export class MaskingKeyFault extends Error {
  override readonly name = 'MaskingKeyFault';
  readonly code = 'masking_key';
}

/** Reads `masking.key`, made where there is none (mode 0600) unless it is given. */
export async function loadMaskingHash(places: KeyPlaces): Promise<Hmac> {
  const file = keyFile(places, MASKING_KEY_FILE);
  const fresh = () => `${randomBytes(KEY_BYTES).toString('base64')}\n`;
  const key = parseKey(await readKeyFile(file, fresh, MaskingKeyFault), file.path);
  return (text) => createHmac('sha256', key).update(PURPOSE).update(text).digest('hex');
}

function parseKey(text: string, file: string): Uint8Array {
  const line = text.trim();
  const key = Buffer.from(line, 'base64');
  if (key.byteLength === KEY_BYTES && key.toString('base64') === line) return key;
  throw new MaskingKeyFault(
    `${file}: must hold ${KEY_BYTES} bytes in base64; remove it to have a new one made, or run: openssl rand -base64 ${KEY_BYTES}`,
  );
}
