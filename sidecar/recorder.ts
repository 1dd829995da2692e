// Makes the recording of a message where the policy wants one. Takes what mask() returned and nothing
// else; keeps no key that would open what it has sealed.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { SALT_BYTES } from '#core/recordings/content.ts';
import { makeRecording, type Recording } from '#core/recordings/recording.ts';
import type { RecordingKey } from '#core/recordings/recording-key.ts';
import { BlobSealer } from '#core/recordings/seal-blob.ts';
import type { Snapshot } from './activation.ts';
import type { Masked } from './mask.ts';

const SALTS_AT_ONCE = 128;

export class Recorder {
  readonly #sealer: BlobSealer;
  #salts = Buffer.alloc(0);

  constructor(key: RecordingKey) {
    this.#sealer = new BlobSealer(key, () => generateKeyPairSync('x25519'));
  }

  /** Undefined when the policy records no messages, or masking let nothing of this one out. */
  keep(masked: Masked, { policy }: Snapshot): Recording | undefined {
    if (policy.record !== 'Full' || masked.kind === 'withheld') return undefined;
    return makeRecording(masked, this.#salt(), this.#sealer);
  }

  /** Chance by the block: asking the system each time costs as much as encrypting a message. */
  #salt(): Uint8Array {
    if (this.#salts.length === 0) this.#salts = randomBytes(SALTS_AT_ONCE * SALT_BYTES);
    const salt = this.#salts.subarray(0, SALT_BYTES);
    this.#salts = this.#salts.subarray(SALT_BYTES);
    return salt;
  }
}
