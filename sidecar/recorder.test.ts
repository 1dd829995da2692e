// What becomes a recording: masked messages, where the policy says Full, and nothing else.

import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { BlobOpener } from '#core/recordings/open-blob.ts';
import { readRecording } from '#core/recordings/recording.ts';
import { recordingKey } from '#core/recordings/recording-key.ts';
import type { Snapshot } from './activation.ts';
import type { Masked } from './mask.ts';
import { Recorder } from './recorder.ts';

const COPY = Buffer.from('{"text":"[REDACTED:email]"}');
const MASKING = {
  redactions: [{ detector: 'email', pointer: '/text', action: 'Redact', count: 1 }],
};
const MASKED: Masked = {
  kind: 'masked',
  bytes: Buffer.from('{"text":"ada@example.com"}'),
  recorded: COPY,
  masking: MASKING,
};
const FAILED = { redactions: [], withheld: 'failed' } as const;
const WITHHELD: Masked = {
  kind: 'withheld',
  refusal: { code: 'content_withheld', reason: 'masking failed' },
  masking: FAILED,
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

  it('records the masked copy whatever goes on, and what was redacted in it', () => {
    const { recording, masking } = recorder.keep(MASKED, snapshot('Full'));

    const read = recording && readRecording(recording.blob, recording.payload, opener);
    expect(read?.ok && Buffer.from(read.content.bytes)).to.deep.equal(COPY);
    expect(read?.ok && read.content.redactions).to.deep.equal(MASKING.redactions);
    expect(masking).to.equal(MASKING);
  });

  it('keeps what was redacted alone where the policy says Metadata', () => {
    expect(recorder.keep(MASKED, snapshot('Metadata'))).to.deep.equal({ masking: MASKING });
  });

  it('records nothing of what masking withheld, and says that it did', () => {
    expect(recorder.keep(WITHHELD, snapshot('Full'))).to.deep.equal({ masking: FAILED });
  });

  it('records nothing of what could not be masked while observing', () => {
    const observed = { kind: 'masked', bytes: COPY, masking: FAILED } as const;

    expect(recorder.keep(observed, snapshot('Full'))).to.deep.equal({ masking: FAILED });
  });

  it('gives each recording a salt of its own', () => {
    const commitments = Array.from(
      { length: 1000 },
      () => recorder.keep(MASKED, snapshot('Full')).recording?.payload.commitment,
    );

    expect(new Set(commitments).size).to.equal(1000);
  });
});
