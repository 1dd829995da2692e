// The keys that seal what clients carry for us (session ids, request states), in a private file.
// One base64 key of 32 bytes per line: the first seals, all of them open, so that keys can rotate.

import { randomBytes } from 'node:crypto';
import { type KeyFile, type KeyPlaces, keyFile, readKeyFile } from './key-file.ts';

const KEY_BYTES = 32;
/** More keys than any rotation needs; each failed opening tries at most this many. */
const MAX_KEYS = 8;

export class SealingKeysFault extends Error {
  override readonly name = 'SealingKeysFault';
  readonly code = 'sealing_keys';
}

/** Reads `sealing.keys`, made with one fresh key on first start (mode 0600) unless it is given. */
export async function loadSealingKeys(places: KeyPlaces): Promise<readonly Uint8Array[]> {
  const file = sealingKeysFile(places);
  const fresh = () => `${randomBytes(KEY_BYTES).toString('base64')}\n`;
  return parseSealingKeys(await readKeyFile(file, fresh, SealingKeysFault), file.path);
}

function sealingKeysFile(places: KeyPlaces): KeyFile {
  const { sealingKeysFile: path } = places;
  return path === undefined ? keyFile(places, 'sealing.keys') : { path, isGiven: true };
}

function parseSealingKeys(text: string, file: string): readonly Uint8Array[] {
  const lines = text
    .split('\n')
    .map((line, index) => ({ key: line.trim(), place: `${file}:${index + 1}` }))
    .filter(({ key }) => key !== '');
  if (lines.length === 0 || lines.length > MAX_KEYS) {
    throw new SealingKeysFault(`${file}: holds ${lines.length} keys; it needs 1 to ${MAX_KEYS}`);
  }
  const lineOf = new Map<string, string>();
  return lines.map(({ key: text, place }) => {
    const key = Buffer.from(text, 'base64');
    if (key.byteLength !== KEY_BYTES || key.toString('base64') !== text) {
      throw new SealingKeysFault(
        `${place}: a key is ${KEY_BYTES} bytes in base64; make one with: openssl rand -base64 ${KEY_BYTES}`,
      );
    }
    const before = lineOf.get(text);
    if (before !== undefined) {
      throw new SealingKeysFault(`${place}: is the same key as ${before}; remove one of them`);
    }
    lineOf.set(text, place);
    return key;
  });
}
