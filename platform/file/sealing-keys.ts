// The keys that seal what clients carry for us (session ids, request states), in a private file.
// One base64 key of 32 bytes per line: the first seals, all of them open, so that keys can rotate.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeOnce } from './write-once.ts';

const KEY_BYTES = 32;
/** More keys than any rotation needs; each failed opening tries at most this many. */
const MAX_KEYS = 8;

export class SealingKeysFault extends Error {
  override readonly name = 'SealingKeysFault';
  readonly code = 'sealing_keys';
}

/**
 * Those of `file`, which all replicas are given; without one those of `DIR/sealing.keys`, made with one
 * fresh key on first start (mode 0600). Rejects with SealingKeysFault.
 */
export async function loadSealingKeys(
  dataDir: string,
  file?: string,
): Promise<readonly Uint8Array[]> {
  if (file !== undefined) return parseSealingKeys(await readNamed(file), file);
  const own = join(dataDir, 'sealing.keys');
  await writeOnce(own, `${randomBytes(KEY_BYTES).toString('base64')}\n`);
  return parseSealingKeys(await readFile(own, 'utf8'), own);
}

async function readNamed(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown fault';
    throw new SealingKeysFault(
      `--sealing-keys: ${file} cannot be read (${code}); make one with: openssl rand -base64 ${KEY_BYTES} > ${file}`,
      { cause },
    );
  }
}

function parseSealingKeys(text: string, file: string): readonly Uint8Array[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0 || lines.length > MAX_KEYS) {
    throw new SealingKeysFault(`${file}: holds ${lines.length} keys; it needs 1 to ${MAX_KEYS}`);
  }
  return lines.map((line, index) => {
    const key = Buffer.from(line.trim(), 'base64');
    if (key.byteLength !== KEY_BYTES) {
      throw new SealingKeysFault(
        `${file}:${index + 1}: a key is ${KEY_BYTES} bytes in base64; make one with: openssl rand -base64 ${KEY_BYTES}`,
      );
    }
    return key;
  });
}
