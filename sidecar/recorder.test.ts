// What becomes a recording: masked messages, where the policy says Full, and nothing else.

import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { BlobOpener } from '#core/recordings/open-blob.ts';
import { readRecording } from '#core/recordings/recording.ts';
import { recordingKey } from '#core/recordings/recording-key.ts';
import type { Snapshot } from './activation.ts';
import type { Masked } from './mask.ts';
import { Recorder } from './recorder.ts';

const MASKED: Masked = {
  kind: 'masked',
  bytes: Buffer.from('{"text":"[email]"}'),
  redactions: [{ detector: 'email', pointer: '/text', action: 'Redact' }],
};
const WITHHELD: Masked = {
  kind: 'withheld',
  refusal: { code: 'content_withheld', reason: 'masking failed' },
};

/** All that a recorder looks at. */
function snapshot(record: 'Metadata' | 'Full'): Snapshot {
  return { policy: { record } } as Snapshot;
}

describe('a recorder', () => {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const opener = new BlobOpener(createPrivateKey(pem));
  const recorder = new Recorder(recordingKey(publicKey));

  it('keeps what masking returned, and what it redacted', () => {
    const recording = recorder.keep(MASKED, snapshot('Full'));

    const read = recording && readRecording(recording.blob, recording.payload, opener);
    expect(read?.ok && Buffer.from(read.content.bytes)).to.deep.equal(MASKED.bytes);
    expect(read?.ok && read.content.redactions).to.deep.equal(MASKED.redactions);
  });

  it('keeps nothing where the policy says Metadata', () => {
    expect(recorder.keep(MASKED, snapshot('Metadata'))).to.equal(undefined);
  });

  it('keeps nothing of what masking withheld', () => {
    expect(recorder.keep(WITHHELD, snapshot('Full'))).to.equal(undefined);
  });

  it('gives each recording a salt of its own', () => {
    const commitments = Array.from(
      { length: 1000 },
      () => recorder.keep(MASKED, snapshot('Full'))?.payload.commitment,
    );

    expect(new Set(commitments).size).to.equal(1000);
  });
});
