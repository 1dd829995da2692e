// The files of recordings: what a crash leaves in them, what may be gone from them, and that whatever is
// changed in them is found.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { blobEntryHead, ENTRY_HEAD_BYTES, parseBlobEntryHead } from '#core/evidence/blob-entry.ts';
import { intentDraft, outcomeDraft, tickingClock } from '#core/evidence/drafts.fixture.ts';
import { verifyEvidence } from '#core/evidence/verify.ts';
import { testRecorder, withRecording } from '#core/recordings/recordings.fixture.ts';
import { type LogPlace, newLogPlace, removeLog } from './crashed-log.fixture.ts';
import { openEvidence } from './evidence-source.ts';
import { openFileLedger } from './ledger.ts';
import { loadTrustKey, readTrustedKeys } from './trust-key.ts';

const CHILD = fileURLToPath(new URL('./recordings-child.fixture.ts', import.meta.url));
const HEAD_BYTES = 'gatehouse recordings v1\n'.length;

async function verify({ dataDir, publicKeyFile }: LogPlace) {
  const source = await openEvidence(dataDir, publicKeyFile);
  return verifyEvidence(source, await readTrustedKeys(publicKeyFile));
}

async function blobFiles({ dataDir }: LogPlace): Promise<readonly string[]> {
  const folder = join(dataDir, 'recordings');
  return (await readdir(folder)).sort().map((name) => join(folder, name));
}

describe('recordings on disk', () => {
  let place: LogPlace;
  let file: string;
  let honest: Buffer;

  beforeEach(async () => {
    place = await newLogPlace();
    const { dataDir, publicKeyFile } = place;
    const trustKey = await loadTrustKey(publicKeyFile, dataDir);
    const now = tickingClock();
    const ledger = await openFileLedger({ dataDir, trustKey, version: '0.0.0-test', now });
    const { record } = testRecorder();
    for (const id of ['x1', 'x2', 'x3']) {
      await ledger.append(...withRecording(intentDraft(id, now()), record(`asked ${id}`)));
      await ledger.append(...withRecording(outcomeDraft(id, now()), record(`answered ${id}`)));
    }
    await ledger.close('done');
    [file = ''] = await blobFiles(place);
    honest = await readFile(file);
  });

  afterEach(() => removeLog(place));

  /** Where each entry begins. */
  function entries(): readonly number[] {
    const starts: number[] = [];
    for (let at = HEAD_BYTES; at < honest.length; ) {
      starts.push(at);
      const head = parseBlobEntryHead(honest.subarray(at, at + ENTRY_HEAD_BYTES));
      at += ENTRY_HEAD_BYTES + (head?.sizeBytes ?? honest.length);
    }
    return starts;
  }

  function without(at: number): Buffer {
    const [start = 0, end = honest.length] = entries().slice(at);
    return Buffer.concat([honest.subarray(0, start), honest.subarray(end)]);
  }

  function shredded(at: number): Buffer {
    const bytes = Buffer.from(honest);
    const [start = 0, end = honest.length] = entries().slice(at);
    const { digest = '' } =
      parseBlobEntryHead(bytes.subarray(start, start + ENTRY_HEAD_BYTES)) ?? {};
    const sizeBytes = end - start - ENTRY_HEAD_BYTES;
    blobEntryHead(digest, sizeBytes, 'shredded').copy(bytes, start);
    return bytes.fill(0, start + ENTRY_HEAD_BYTES, end);
  }

  it('verify, and are for their owner alone', async () => {
    const { verdict, notes, recordings } = await verify(place);

    expect({ verdict, notes }).to.deep.equal({ verdict: 'verified', notes: [] });
    expect(recordings).to.deep.equal({ named: 6, intact: 6, missing: 0 });
  });

  const gone: readonly (readonly [name: string, change: () => Promise<void>, missing: number])[] = [
    ['one of them was shredded', () => writeFile(file, shredded(2)), 1],
    ['the last was shredded', () => writeFile(file, shredded(5)), 1],
    ['one of them was taken out', () => writeFile(file, without(3)), 1],
    ['the file was taken away', () => rm(file), 6],
    ['the folder was not copied along', () => rm(join(file, '..'), { recursive: true }), 6],
  ];
  for (const [name, change, missing] of gone) {
    it(`are no sign of tampering when ${name}`, async () => {
      await change();

      const { verdict, notes, recordings } = await verify(place);

      expect(verdict).to.equal('verified');
      expect(notes.map(({ code }) => code)).to.deep.equal(['recordings_missing']);
      expect(recordings).to.deep.equal({ named: 6, intact: 6 - missing, missing });
    });
  }

  it('are found wherever a byte of them is changed', async () => {
    const places = [...entries()].flatMap((at) =>
      [0, 1, 3, 4, 5, 36, 37, 60, 120].map((n) => at + n),
    );

    for (const at of [0, HEAD_BYTES - 1, ...places, honest.length - 1]) {
      for (const flip of [1, 0x18, 0x80]) {
        const bytes = Buffer.from(honest);
        bytes.writeUInt8((bytes[at] ?? 0) ^ flip, at);
        await writeFile(file, bytes);

        const { verdict, problems } = await verify(place);

        expect(verdict, `byte ${at} ^ ${flip}`).to.equal('tampered');
        expect(problems[0]?.code).to.equal('recording_changed');
        expect(problems[0]?.file).to.match(/^recordings\/000001-/);
      }
    }
  }).timeout(30_000);

  it('are found when one was put among them, or in the place of another', async () => {
    const { blob, payload } = testRecorder().record('planted');
    const planted = Buffer.concat([blobEntryHead(payload.blob, blob.length), blob]);
    const [, second = 0, third = 0] = entries();

    for (const from of [second, third]) {
      await writeFile(
        file,
        Buffer.concat([honest.subarray(0, second), planted, honest.subarray(from)]),
      );

      expect((await verify(place)).problems.map(({ code }) => code)).to.deep.equal([
        'recording_changed',
      ]);
    }
  });

  it('are found when one claims to be shredded and is not', async () => {
    const bytes = shredded(1);
    bytes.writeUInt8(1, (entries()[2] ?? 0) - 1);
    await writeFile(file, bytes);

    const { verdict, problems } = await verify(place);

    expect(verdict).to.equal('tampered');
    expect(problems.map(({ code, seq }) => [code, seq])).to.deep.equal([['recording_changed', 3]]);
  });

  it('may end in the remains of a write that no record came to name', async () => {
    for (const rest of [honest.subarray(-100), Buffer.alloc(300), without(5).subarray(-20)]) {
      await writeFile(file, Buffer.concat([honest, rest]));

      const { verdict, notes } = await verify(place);

      expect(verdict).to.equal('verified');
      expect(notes.map(({ code }) => code)).to.deep.equal(['torn_tail']);
    }
  });

  it('say so when the file of another log lies among them', async () => {
    await writeFile(join(file, '..', `000009-${'a'.repeat(26)}.blobs`), honest);

    const { verdict, notes } = await verify(place);

    expect(verdict).to.equal('verified');
    expect(notes.map(({ code }) => code)).to.deep.equal(['stray_file']);
  });
});

describe('a gateway that is killed while it records', function () {
  this.timeout(60_000);

  it('leaves no record that names a recording which is not there', async () => {
    const place = await newLogPlace();
    for (const calls of [3, 25, 80]) {
      const child = spawn(process.execPath, [CHILD, place.dataDir, place.publicKeyFile], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let done = 0;
      for await (const chunk of child.stdout) {
        done += chunk.length;
        if (done >= calls) break;
      }
      child.kill('SIGKILL');
      await once(child, 'close');

      const { verdict, recordings } = await verify(place);

      expect(verdict).to.equal('verified');
      expect(recordings.missing).to.equal(0);
      expect(recordings.intact).to.be.at.least(2 * calls);
    }
    await removeLog(place);
  });
});
