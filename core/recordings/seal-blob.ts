// Seals recordings for the holder of the private recording key. Keeps no key that opens what it sealed.

import { createCipheriv, type KeyObject } from 'node:crypto';
import { encodeHeader, FRAME_BYTES, frameAad, frameNonce, MAX_EPOCH_BLOBS } from './blob-format.ts';
import { beginChain, type ChainKey, step } from './key-chain.ts';
import { type RecordingKey, rawX25519 } from './recording-key.ts';

/** A fresh X25519 pair: chance comes from outside. */
export type MakeKeyPair = () => { readonly privateKey: KeyObject; readonly publicKey: KeyObject };

interface Epoch {
  readonly publicKey: Uint8Array;
  index: number;
  chain: ChainKey;
}

export class BlobSealer {
  readonly #key: RecordingKey;
  readonly #makeKeyPair: MakeKeyPair;
  #epoch: Epoch | undefined;

  constructor(key: RecordingKey, makeKeyPair: MakeKeyPair) {
    this.#key = key;
    this.#makeKeyPair = makeKeyPair;
  }

  seal(content: Uint8Array): Buffer {
    const { epoch, index, key } = this.#nextKey();
    const header = encodeHeader({ keyId: this.#key.id, epoch, index });
    return sealFrames(header, key, content);
  }

  #nextKey(): { readonly epoch: Uint8Array; readonly index: number; readonly key: KeyObject } {
    const epoch = this.#currentEpoch();
    const { index, chain } = epoch;
    const { key, next } = step(chain);
    epoch.chain = next;
    epoch.index += 1;
    chain.fill(0);
    return { epoch: epoch.publicKey, index, key };
  }

  /** The private half of an epoch's key is gone as soon as the chain has begun. */
  #currentEpoch(): Epoch {
    if (this.#epoch === undefined || this.#epoch.index === MAX_EPOCH_BLOBS) {
      const { privateKey, publicKey } = this.#makeKeyPair();
      const { publicKey: recipientKey, raw: recipient } = this.#key;
      const epoch = rawX25519(publicKey);
      const chain = beginChain({ privateKey, publicKey: recipientKey, epoch, recipient });
      this.#epoch = { publicKey: epoch, index: 0, chain };
    }
    return this.#epoch;
  }
}

function sealFrames(header: Buffer, key: KeyObject, content: Uint8Array): Buffer {
  const parts: Buffer[] = [header];
  const frames = Math.max(1, Math.ceil(content.length / FRAME_BYTES));
  for (let frame = 0; frame < frames; frame += 1) {
    const nonce = frameNonce(frame, frame === frames - 1);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(frameAad(header, frame));
    const start = frame * FRAME_BYTES;
    parts.push(
      cipher.update(content.subarray(start, start + FRAME_BYTES)),
      cipher.final(),
      cipher.getAuthTag(),
    );
  }
  return Buffer.concat(parts);
}
