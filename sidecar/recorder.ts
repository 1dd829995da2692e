// Makes the recording of a message where the policy wants one. Takes what mask() returned and nothing
// else; keeps no key that would open what it has sealed.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { SALT_BYTES } from '#core/recordings/content.ts';
import { makeRecording, type Recording } from '#core/recordings/recording.ts';
import type { RecordingKey } from '#core/recordings/recording-key.ts';
import { BlobSealer } from '#core/recordings/seal-blob.ts';
import type { Snapshot } from './activation.ts';
import type { Masked } from './mask.ts';

export class Recorder {
  readonly #sealer: BlobSealer;

  constructor(key: RecordingKey) {
    this.#sealer = new BlobSealer(key, () => generateKeyPairSync('x25519'));
  }

  /** Undefined when the policy records no messages, or masking let nothing of this one out. */
  keep(masked: Masked, { policy }: Snapshot): Recording | undefined {
    if (policy.record !== 'Full' || masked.kind === 'withheld') return undefined;
    return makeRecording(masked, randomBytes(SALT_BYTES), this.#sealer);
  }
}
