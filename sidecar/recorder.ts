// What is kept of a message: what masking did, and a recording where the policy wants one. Takes what
// mask() returned and nothing else; keeps no key that would open what it has sealed.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { SALT_BYTES } from '#core/recordings/content.ts';
import { makeRecording } from '#core/recordings/recording.ts';
import type { RecordingKey } from '#core/recordings/recording-key.ts';
import { BlobSealer } from '#core/recordings/seal-blob.ts';
import type { Snapshot } from './activation.ts';
import type { Kept } from './exchange.ts';
import type { Masked } from './mask.ts';

const SALTS_AT_ONCE = 128;

export class Recorder {
  readonly #sealer: BlobSealer;
  #salts = Buffer.alloc(0);

  constructor(key: RecordingKey) {
    this.#sealer = new BlobSealer(key, () => generateKeyPairSync('x25519'));
  }

  /** No recording when the policy wants none, or masking let nothing of this one out. */
  keep(masked: Masked, { policy }: Snapshot): Kept {
    const { masking } = masked;
    const facts = masking === undefined ? {} : { masking };
    const bytes = masked.kind === 'masked' ? masked.recorded : undefined;
    if (policy.record !== 'Full' || bytes === undefined) return facts;
    const message = { bytes, redactions: masking?.redactions ?? [] };
    return { ...facts, recording: makeRecording(message, this.#salt(), this.#sealer) };
  }

  /** Chance by the block: asking the system each time costs as much as encrypting a message. */
  #salt(): Uint8Array {
    if (this.#salts.length === 0) this.#salts = randomBytes(SALTS_AT_ONCE * SALT_BYTES);
    const salt = this.#salts.subarray(0, SALT_BYTES);
    this.#salts = this.#salts.subarray(SALT_BYTES);
    return salt;
  }
}
