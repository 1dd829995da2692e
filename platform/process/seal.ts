// Seals state that travels with the client, so that any replica can read it and nobody can forge,
// read or carry it over to another principal (design section 5).

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** What the envelope is for; part of the authenticated data, so one kind never opens as another. */
export type SealedKind = 'session' | 'event' | 'state' | 'task' | 'sign-in' | 'visit';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_BYTES = 4;
/** Longest envelope that is even looked at: a session id or request state of 16 KiB. */
export const MAX_SEALED_CHARS = 24 * 1024;

interface SealingKey {
  readonly id: Buffer;
  readonly key: Uint8Array;
}

export class Sealer {
  readonly #keys: readonly [SealingKey, ...SealingKey[]];

  /** The first key seals, all of them open. */
  constructor(keys: readonly Uint8Array[]) {
    const [first, ...rest] = keys.map((key) => ({
      id: createHash('sha256').update(key).digest().subarray(0, KEY_ID_BYTES),
      key,
    }));
    if (first === undefined) throw new RangeError('a sealer needs at least one key');
    this.#keys = [first, ...rest];
  }

  /** AES-256-GCM; the text form is base64url: visible ASCII, as `Mcp-Session-Id` must be. */
  seal(kind: SealedKind, plain: unknown): string {
    const { id, key } = this.#keys[0];
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(kind));
    const text = Buffer.concat([cipher.update(JSON.stringify(plain), 'utf8'), cipher.final()]);
    return Buffer.concat([id, nonce, text, cipher.getAuthTag()]).toString('base64url');
  }

  /** The place of the key that this names, among those of the constructor; it may still not open. */
  keyOf(sealed: string): number {
    const id = Buffer.from(sealed.slice(0, 8), 'base64url').subarray(0, KEY_ID_BYTES);
    return this.#keys.findIndex((entry) => entry.id.equals(id));
  }

  /** The sealed value, or undefined for anything that we did not seal: forged, foreign or cut. */
  open(kind: SealedKind, sealed: string): unknown {
    if (sealed.length > MAX_SEALED_CHARS) return undefined;
    const bytes = Buffer.from(sealed, 'base64url');
    const textStart = KEY_ID_BYTES + NONCE_BYTES;
    if (bytes.byteLength < textStart + TAG_BYTES || bytes.toString('base64url') !== sealed) {
      return undefined;
    }
    const entry = this.#keys.find(({ id }) => id.equals(bytes.subarray(0, KEY_ID_BYTES)));
    if (entry === undefined) return undefined;
    const decipher = createDecipheriv(
      'aes-256-gcm',
      entry.key,
      bytes.subarray(KEY_ID_BYTES, textStart),
    )
      .setAAD(Buffer.from(kind))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const text = Buffer.concat([
        decipher.update(bytes.subarray(textStart, -TAG_BYTES)),
        decipher.final(),
      ]);
      return JSON.parse(text.toString('utf8'));
    } catch {
      return undefined;
    }
  }
}
