// The recording key's files: made once, the private half for its owner alone and not needed again.

import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { RecordingKeyFault } from '#core/recordings/recording-key.ts';
import { BlobSealer } from '#core/recordings/seal-blob.ts';
import { loadRecordingKey, readRecordingPrivateKey } from './recording-key.ts';

const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;

describe('the recording key', () => {
  let folder: string;
  let trustFile: string;
  let publicFile: string;
  let privateFile: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-recording-key-'));
    trustFile = join(folder, 'gatehouse-trust.pub');
    publicFile = join(folder, 'gatehouse-trust.recording.pub');
    privateFile = join(folder, 'gatehouse-trust.recording.key');
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is made on first start, the private half for its owner alone', async () => {
    const loaded = await loadRecordingKey(trustFile);

    expect(loaded).to.include({
      isNew: true,
      publicKeyFile: publicFile,
      privateKeyFile: privateFile,
    });
    expect((await stat(privateFile)).mode & 0o777).to.equal(0o600);
    expect(await readFile(publicFile, 'utf8')).to.match(/^-----BEGIN PUBLIC KEY-----\n/);
  });

  it('is the same afterwards, also when the private half has been taken away', async () => {
    const made = await loadRecordingKey(trustFile);
    await rename(privateFile, join(folder, 'elsewhere.key'));

    const loaded = await loadRecordingKey(trustFile);

    expect({ id: loaded.key.id, isNew: loaded.isNew }).to.deep.equal({
      id: made.key.id,
      isNew: false,
    });
  });

  it('opens with the private half what was sealed with the public one', async () => {
    const { key } = await loadRecordingKey(trustFile);
    const sealer = new BlobSealer(key, () => generateKeyPairSync('x25519'));

    const opener = await readRecordingPrivateKey(privateFile);
    const opened = opener.open(sealer.seal(Buffer.from('kept')));

    expect(opened.ok && opened.content.toString()).to.equal('kept');
  });

  it('says how to make the public half again when only the private one is there', async function () {
    if (!HAS_OPENSSL) {
      this.skip();
    }
    const made = await loadRecordingKey(trustFile);
    await rm(publicFile);

    const fault = await faultOf(loadRecordingKey(trustFile));
    const [command = '', ...words] = (fault.split('run: ')[1] ?? '').split(' ');
    execFileSync(command, words);

    expect((await loadRecordingKey(trustFile)).key.id).to.equal(made.key.id);
  });

  const foreign: readonly (readonly [name: string, pem: () => string])[] = [
    ['text', () => 'nothing of the kind'],
    ['a key of another kind', () => pemOf('ed25519', 'public')],
    ['a private half', () => pemOf('x25519', 'private')],
  ];
  for (const [name, pem] of foreign) {
    it(`is refused when its public file holds ${name}, without repeating it`, async () => {
      await writeFile(publicFile, pem());

      const fault = await faultOf(loadRecordingKey(trustFile));

      expect(fault).to.equal(`${publicFile}: holds no public X25519 key in PEM`);
    });
  }

  it('is not read when others may read it too', async () => {
    await loadRecordingKey(trustFile);
    await chmod(privateFile, 0o640);

    expect(await faultOf(readRecordingPrivateKey(privateFile))).to.include('chmod 600');
  });

  it('is named when it is absent or of another kind', async () => {
    await writeFile(privateFile, pemOf('ed25519', 'private'), { mode: 0o600 });

    expect(await faultOf(readRecordingPrivateKey(privateFile))).to.include(
      'holds no private X25519 key',
    );
    expect(await faultOf(readRecordingPrivateKey(join(folder, 'absent')))).to.include('ENOENT');
  });

  it('says so when it cannot be made, and leaves no half behind', async () => {
    const nowhere = join(folder, 'absent', 'gatehouse-trust.pub');

    expect(await faultOf(loadRecordingKey(nowhere))).to.include('cannot be made (ENOENT)');
  });
});

function pemOf(kind: 'ed25519' | 'x25519', half: 'public' | 'private'): string {
  const pair = kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519');
  const pem =
    half === 'public'
      ? pair.publicKey.export({ type: 'spki', format: 'pem' })
      : pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
  return String(pem);
}

async function faultOf(promise: Promise<unknown>): Promise<string> {
  const fault = await promise.catch((error: unknown) => error);
  expect(fault).to.be.instanceOf(RecordingKeyFault);
  return fault instanceof RecordingKeyFault ? fault.message : '';
}
