// Opens sealed recordings with the private recording key, or says why one does not open.

import { createDecipheriv, createPublicKey, type KeyObject } from 'node:crypto';
import {
  type BlobHeader,
  decodeHeader,
  FRAME_BYTES,
  frameAad,
  frameNonce,
  HEADER_BYTES,
  TAG_BYTES,
} from './blob-format.ts';
import { beginChain, type ChainKey, skip, step } from './key-chain.ts';
import { RecordingKeyFault, recordingKey } from './recording-key.ts';

export type OpenedBlob =
  | { readonly ok: true; readonly content: Buffer }
  /** `key_other`: sealed for another key; `keyId` names it. `blob_damaged`: not what was sealed. */
  | { readonly ok: false; readonly code: 'key_other'; readonly keyId: string }
  | { readonly ok: false; readonly code: 'blob_damaged' };

interface ChainPlace {
  /** Base64url. */
  readonly epoch: string;
  readonly index: number;
  readonly chain: ChainKey;
}

const DAMAGED = { ok: false, code: 'blob_damaged' } as const;
const SEALED_FRAME_BYTES = FRAME_BYTES + TAG_BYTES;

export class BlobOpener {
  /** Id of the key that this opens with. */
  readonly keyId: string;
  readonly #privateKey: KeyObject;
  readonly #recipient: Uint8Array;
  /** Where the last blob was: they are mostly read in the order of their writing. */
  #last: ChainPlace | undefined;

  /** Throws RecordingKeyFault unless the key is a private X25519 key. */
  constructor(privateKey: KeyObject) {
    if (privateKey.type !== 'private' || privateKey.asymmetricKeyType !== 'x25519') {
      throw new RecordingKeyFault('not a private X25519 key');
    }
    const { id, raw } = recordingKey(createPublicKey(privateKey));
    this.keyId = id;
    this.#privateKey = privateKey;
    this.#recipient = raw;
  }

  open(blob: Uint8Array): OpenedBlob {
    const header = decodeHeader(blob);
    if (header === undefined) {
      return DAMAGED;
    }
    if (header.keyId !== this.keyId) {
      return { ok: false, code: 'key_other', keyId: header.keyId };
    }
    try {
      return { ok: true, content: openFrames(blob, this.#keyOf(header)) };
    } catch {
      // A tag that does not hold, or an epoch key that yields no secret: changed after it was sealed.
      return DAMAGED;
    }
  }

  #keyOf({ epoch, index }: BlobHeader): KeyObject {
    const name = Buffer.from(epoch).toString('base64url');
    const isBehind = this.#last?.epoch === name && this.#last.index <= index;
    let { chain, index: at } = isBehind && this.#last ? this.#last : this.#first(epoch, name);
    for (; at < index; at += 1) {
      chain = skip(chain);
    }
    this.#last = { epoch: name, index, chain };
    return step(chain).key;
  }

  #first(epoch: Uint8Array, name: string): ChainPlace {
    const jwk = { kty: 'OKP', crv: 'X25519', x: name };
    const chain = beginChain({
      privateKey: this.#privateKey,
      publicKey: createPublicKey({ key: jwk, format: 'jwk' }),
      epoch,
      recipient: this.#recipient,
    });
    return { epoch: name, index: 0, chain };
  }
}

function openFrames(blob: Uint8Array, key: KeyObject): Buffer {
  const parts: Buffer[] = [];
  const frames = Math.ceil((blob.length - HEADER_BYTES) / SEALED_FRAME_BYTES);
  for (let frame = 0; frame < frames; frame += 1) {
    const start = HEADER_BYTES + frame * SEALED_FRAME_BYTES;
    const sealed = blob.subarray(start, start + SEALED_FRAME_BYTES);
    const nonce = frameNonce(frame, frame === frames - 1);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(frameAad(blob, frame))
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    parts.push(decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final());
  }
  return Buffer.concat(parts);
}
