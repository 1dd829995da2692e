// Keeps the recording in docs/audit-format.md true: it is what other readers are built from.
// UPDATE_GOLDEN=1 writes it anew.

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { BlobOpener } from './open-blob.ts';
import { makeRecording, type Recording, readRecording } from './recording.ts';
import { rawX25519, recordingKey } from './recording-key.ts';
import { BlobSealer } from './seal-blob.ts';

const DOCUMENT = new URL('../../docs/audit-format.md', import.meta.url);
const MARKED = /(<!-- recording -->\n)[\s\S]*(<!-- \/recording -->)/;

const RECORDING_KEY = '04'.repeat(32);
const EPOCH_KEY = '05'.repeat(32);
const SALT = '06'.repeat(32);
const MESSAGE = '{"jsonrpc":"2.0","id":1,"result":{"text":"[email]"}}';
const REDACTIONS = [{ detector: 'email', pointer: '/result/text', action: 'Redact' }];

describe('the recording in docs/audit-format.md', () => {
  it('shows the bytes that the code makes', () => {
    const document = readFileSync(DOCUMENT, 'utf8');
    const vector = vectorText();
    // biome-ignore lint/style/noProcessEnv: how golden files are renewed.
    if (process.env.UPDATE_GOLDEN === '1') {
      writeFileSync(
        DOCUMENT,
        document.replace(MARKED, (_, start, end) => start + vector + end),
      );
      return;
    }

    expect(MARKED.exec(document)?.[0]).to.equal(`<!-- recording -->\n${vector}<!-- /recording -->`);
  });

  it('opens to its message', () => {
    const [, second] = recordings();

    const read = second && readRecording(second.blob, second.payload, opener());

    expect(read?.ok && Buffer.from(read.content.bytes).toString()).to.equal(MESSAGE);
  });
});

/** Two of one epoch: the second shows how keys follow each other. */
function recordings(): readonly Recording[] {
  const privateKey = privateX25519(EPOCH_KEY);
  const pair = { privateKey, publicKey: createPublicKey(privateKey) };
  const key = recordingKey(createPublicKey(privateX25519(RECORDING_KEY)));
  const sealer = new BlobSealer(key, () => pair);
  const message = { bytes: Buffer.from(MESSAGE), redactions: REDACTIONS };
  return [0, 1].map(() => makeRecording(message, Buffer.from(SALT, 'hex'), sealer));
}

function opener(): BlobOpener {
  return new BlobOpener(privateX25519(RECORDING_KEY));
}

function privateX25519(rawHex: string): KeyObject {
  const key = Buffer.from(`302e020100300506032b656e04220420${rawHex}`, 'hex');
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

function vectorText(): string {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  const publicKey = rawX25519(createPublicKey(privateX25519(RECORDING_KEY)));
  const lines = recordings().flatMap(({ payload, blob }, index) => [
    `payload, index ${index}       ${JSON.stringify(payload)}`,
    `recording, index ${index}     ${hex(blob)}`,
  ]);
  return [
    '```',
    `recording public key   ${hex(publicKey)}`,
    `message                ${MESSAGE}`,
    ...lines,
    '```\n',
  ].join('\n');
}
