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
import { beginChain, blobKey, type ChainKey, nextChainKey } from './key-chain.ts';
import { RecordingKeyFault, recordingKey } from './recording-key.ts';

export type OpenedBlob =
  | { readonly ok: true; readonly content: Buffer }
  /** `key_other`: sealed for another key; `keyId` names it. `blob_damaged`: not what was sealed. */
  | { readonly ok: false; readonly code: 'key_other'; readonly keyId: string }
  | { readonly ok: false; readonly code: 'blob_damaged' };

const DAMAGED = { ok: false, code: 'blob_damaged' } as const;
const SEALED_FRAME_BYTES = FRAME_BYTES + TAG_BYTES;

export class BlobOpener {
  /** Id of the key that this opens with. */
  readonly keyId: string;
  readonly #privateKey: KeyObject;
  readonly #recipient: Uint8Array;
  /** First chain key of the epoch opened last: blobs are mostly read in the order of their writing. */
  #epoch: { readonly name: string; readonly chain: ChainKey } | undefined;

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

  #keyOf({ epoch, index }: BlobHeader): Buffer {
    let chain = this.#firstOf(epoch);
    for (let at = 0; at < index; at += 1) {
      chain = nextChainKey(chain);
    }
    return blobKey(chain);
  }

  #firstOf(epoch: Uint8Array): ChainKey {
    const name = Buffer.from(epoch).toString('base64url');
    if (this.#epoch?.name !== name) {
      const jwk = { kty: 'OKP', crv: 'X25519', x: name };
      const chain = beginChain({
        privateKey: this.#privateKey,
        publicKey: createPublicKey({ key: jwk, format: 'jwk' }),
        epoch,
        recipient: this.#recipient,
      });
      this.#epoch = { name, chain };
    }
    return this.#epoch.chain;
  }
}

function openFrames(blob: Uint8Array, key: Buffer): Buffer {
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
