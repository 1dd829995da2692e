// Recordings: only the private key opens them, any changed byte is found, and what the chain says of
// them can be checked once the salt is known.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { bytesDigest } from '#core/evidence/signature.ts';
import { FRAME_BYTES, HEADER_BYTES, MAX_EPOCH_BLOBS } from './blob-format.ts';
import { MAX_PAYLOAD_BYTES, SALT_BYTES } from './content.ts';
import { BlobOpener } from './open-blob.ts';
import { commitmentOf, makeRecording, type Recording, readRecording } from './recording.ts';
import { RecordingKeyFault, recordingKey } from './recording-key.ts';
import { BlobSealer } from './seal-blob.ts';

const newPair = () => generateKeyPairSync('x25519');

interface Holder {
  readonly sealer: BlobSealer;
  readonly opener: BlobOpener;
}

function holder(): Holder {
  const { publicKey, privateKey } = newPair();
  return {
    sealer: new BlobSealer(recordingKey(publicKey), newPair),
    opener: new BlobOpener(privateKey),
  };
}

function record({ sealer }: Holder, bytes: Uint8Array): Recording {
  return makeRecording({ bytes, redactions: [] }, randomBytes(SALT_BYTES), sealer);
}

function text(sizeBytes: number): Buffer {
  return Buffer.alloc(sizeBytes, 'four score and seven years ago, ');
}

describe('a recording', () => {
  it('gives back the very bytes and the redactions that went in', () => {
    const keys = holder();
    const bytes = Buffer.from('{"jsonrpc":"2.0","id":1,"result":{"text":"[email]"}}');
    const redactions = [{ detector: 'email', pointer: '/result/text', action: 'Redact' }];

    const { blob, payload } = makeRecording({ bytes, redactions }, text(SALT_BYTES), keys.sealer);
    const read = readRecording(blob, payload, keys.opener);

    expect(read.ok && Buffer.from(read.content.bytes).toString()).to.equal(bytes.toString());
    expect(read.ok && read.content.redactions).to.deep.equal(redactions);
    expect(read.ok && Buffer.from(read.content.salt).equals(text(SALT_BYTES))).to.equal(true);
  });

  for (const sizeBytes of [0, 1, 4095, 4096, FRAME_BYTES - 40, FRAME_BYTES, 3 * FRAME_BYTES + 7]) {
    it(`holds ${sizeBytes} bytes that cannot be packed, and as many that can`, () => {
      const keys = holder();

      for (const bytes of [randomBytes(sizeBytes), text(sizeBytes)]) {
        const { blob, payload } = record(keys, bytes);
        const read = readRecording(blob, payload, keys.opener);

        expect(payload.sizeBytes).to.equal(sizeBytes);
        expect(read.ok && bytes.equals(read.content.bytes)).to.equal(true);
      }
    });
  }

  it('shows nothing of what it holds', () => {
    const keys = holder();
    const secret = 'a rather distinctive secret';

    const { blob, payload } = record(keys, Buffer.from(secret));

    expect(Buffer.from(blob).includes(secret)).to.equal(false);
    expect(JSON.stringify(payload)).not.to.include(secret);
  });

  it('looks different each time, in the chain too', () => {
    const keys = holder();

    const one = record(keys, text(100));
    const other = record(keys, text(100));

    expect(one.payload.commitment).not.to.equal(other.payload.commitment);
    expect(one.payload.blob).not.to.equal(other.payload.blob);
  });

  it('names the key it was sealed for when it is opened with another', () => {
    const { sealer, opener } = holder();

    const { blob, payload } = record({ sealer, opener }, text(100));
    const read = readRecording(blob, payload, holder().opener);

    expect(read).to.deep.equal({ ok: false, code: 'key_other', keyId: opener.keyId });
  });

  it('does not open when any byte of it is changed, cut off or added', () => {
    const keys = holder();
    const { blob } = record(keys, randomBytes(FRAME_BYTES + 100));

    fc.assert(
      fc.property(fc.nat(blob.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(blob);
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(keys.opener.open(changed).ok).to.equal(false);
      }),
      { numRuns: 60 },
    );
    for (const cut of [HEADER_BYTES, HEADER_BYTES + 15, HEADER_BYTES + FRAME_BYTES + 16]) {
      expect(keys.opener.open(blob.subarray(0, cut)).ok).to.equal(false);
    }
    expect(keys.opener.open(Buffer.concat([blob, Buffer.alloc(1)])).ok).to.equal(false);
  });

  it('does not open with its frames in another order', () => {
    const keys = holder();
    const blob = Buffer.from(record(keys, randomBytes(3 * FRAME_BYTES)).blob);
    const frame = FRAME_BYTES + 16;
    const first = Buffer.from(blob.subarray(HEADER_BYTES, HEADER_BYTES + frame));

    blob.copyWithin(HEADER_BYTES, HEADER_BYTES + frame, HEADER_BYTES + 2 * frame);
    first.copy(blob, HEADER_BYTES + frame);

    expect(keys.opener.open(blob)).to.deep.equal({ ok: false, code: 'blob_damaged' });
  });

  it('is found to be another than the record names', () => {
    const keys = holder();
    const one = record(keys, text(100));
    const other = record(keys, text(100));

    const swapped = readRecording(other.blob, one.payload, keys.opener);
    const forged = { ...one.payload, blob: other.payload.blob };

    expect(swapped).to.deep.equal({ ok: false, code: 'blob_damaged' });
    expect(readRecording(other.blob, forged, keys.opener)).to.deep.equal({
      ok: false,
      code: 'commitment_mismatch',
    });
  });

  it('is proven by its salt and bytes alone', () => {
    const keys = holder();
    const { blob, payload } = record(keys, text(100));

    const read = readRecording(blob, payload, keys.opener);
    const { salt } = read.ok ? read.content : { salt: Buffer.alloc(0) };

    expect(commitmentOf(salt, text(100))).to.equal(payload.commitment);
    expect(commitmentOf(salt, text(99))).not.to.equal(payload.commitment);
    expect(bytesDigest(blob)).to.equal(payload.blob);
  });

  it('holds the beginning of a message that is too long, and says so', () => {
    const keys = holder();

    const { blob, payload } = record(keys, Buffer.alloc(MAX_PAYLOAD_BYTES + 1, 'x'));
    const read = readRecording(blob, payload, keys.opener);

    expect(payload).to.include({ sizeBytes: MAX_PAYLOAD_BYTES, truncated: true });
    expect(read.ok && read.content.bytes.length).to.equal(MAX_PAYLOAD_BYTES);
  });

  it('lists a bounded number of redactions, of bounded length, and counts the rest', () => {
    const keys = holder();
    const redaction = { detector: 'ip', pointer: `/${'n'.repeat(5000)}`, action: 'Redact' };
    const redactions = Array.from({ length: 10_050 }, () => redaction);

    const { blob, payload } = makeRecording(
      { bytes: text(10), redactions },
      randomBytes(SALT_BYTES),
      keys.sealer,
    );
    const read = readRecording(blob, payload, keys.opener);

    expect(read.ok && read.content.redactions.length).to.equal(10_000);
    expect(read.ok && read.content.unlisted).to.equal(50);
    expect(read.ok && read.content.redactions[0]?.pointer).to.have.lengthOf(257);
  });
});

describe('a sealer', () => {
  it('agrees on a new key when an epoch is used up, and all of it opens', () => {
    const { publicKey, privateKey } = newPair();
    let pairs = 0;
    const sealer = new BlobSealer(recordingKey(publicKey), () => {
      pairs += 1;
      return newPair();
    });

    const blobs = Array.from({ length: MAX_EPOCH_BLOBS + 2 }, () => sealer.seal(text(10)));

    const opener = new BlobOpener(privateKey);
    expect(pairs).to.equal(2);
    for (const blob of [blobs[7], blobs[7], ...blobs.slice(-3), blobs[0]]) {
      expect(blob !== undefined && opener.open(blob).ok).to.equal(true);
    }
  });

  it('takes public X25519 keys only', () => {
    const { publicKey } = generateKeyPairSync('ed25519');

    expect(() => recordingKey(publicKey)).to.throw(RecordingKeyFault);
    expect(() => recordingKey(newPair().privateKey)).to.throw(RecordingKeyFault);
    expect(() => new BlobOpener(newPair().publicKey)).to.throw(RecordingKeyFault);
  });
});
