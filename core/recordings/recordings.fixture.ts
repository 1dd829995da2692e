// Recordings for tests, sealed for a key that the test holds.

import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import type { RecordDraft } from '#core/evidence/record.ts';
import { type RecordedRedaction, SALT_BYTES } from './content.ts';
import { makeRecording, type Recording } from './recording.ts';
import { recordingKey } from './recording-key.ts';
import { BlobSealer } from './seal-blob.ts';

export interface TestRecorder {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  record(text: string, redactions?: readonly RecordedRedaction[]): Recording;
}

export function testRecorder(): TestRecorder {
  const newPair = () => generateKeyPairSync('x25519');
  const { publicKey, privateKey } = newPair();
  const sealer = new BlobSealer(recordingKey(publicKey), newPair);
  return {
    publicKey,
    privateKey,
    record: (text, redactions = []) =>
      makeRecording({ bytes: Buffer.from(text), redactions }, randomBytes(SALT_BYTES), sealer),
  };
}

/** What a ledger is handed for a draft that carries a recording. */
export function withRecording(
  draft: RecordDraft,
  { payload, blob }: Recording,
): [draft: RecordDraft, blob: Uint8Array] {
  return [{ ...draft, payload }, blob];
}
