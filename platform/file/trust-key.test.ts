// The trust key's files: made once, private, whole, and never where the data is.

import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { signatureKey } from '#core/evidence/signature.ts';
import { loadTrustKey, readTrustedKeys, TrustKeyFault } from './trust-key.ts';

describe('loadTrustKey', () => {
  let folder: string;
  let publicFile: string;
  let privateFile: string;
  let data: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-trust-'));
    publicFile = join(folder, 'trust.pub');
    privateFile = join(folder, 'trust.key');
    data = join(folder, 'data');
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function faultOf(file = publicFile): Promise<string> {
    const fault = await loadTrustKey(file, data).catch((error: unknown) => error);
    expect(fault).to.be.instanceOf(TrustKeyFault);
    return fault instanceof TrustKeyFault ? fault.message : '';
  }

  it('makes a pair on first start, the private half for its owner alone', async () => {
    const key = await loadTrustKey(publicFile, data);

    expect(key).to.deep.include({ isNew: true, privateKeyFile: privateFile });
    expect((await stat(privateFile)).mode & 0o777).to.equal(0o600);
    expect(await readFile(publicFile, 'utf8')).to.match(/^-----BEGIN PUBLIC KEY-----\n/);
  });

  it('loads the same pair afterwards', async () => {
    const made = await loadTrustKey(publicFile, data);

    const loaded = await loadTrustKey(publicFile, data);

    expect({ id: loaded.id, isNew: loaded.isNew }).to.deep.equal({ id: made.id, isNew: false });
  });

  it('signs what the public half verifies', async () => {
    const { signer } = await loadTrustKey(publicFile, data);
    const [key] = await readTrustedKeys(publicFile);

    expect(key?.verifies('checkpoint', 'text', signer.sign('checkpoint', 'text'))).to.equal(true);
    expect(key?.verifies('certificate', 'text', signer.sign('checkpoint', 'text'))).to.equal(false);
  });

  it('refuses half a pair and says which half is missing', async () => {
    await loadTrustKey(publicFile, data);
    await rm(privateFile);

    expect(await faultOf())
      .to.contain(`${privateFile} does not`)
      .and.to.contain('restore it');
  });

  it('refuses the other half alone too', async () => {
    await loadTrustKey(publicFile, data);
    await rm(publicFile);

    expect(await faultOf()).to.contain(`${publicFile} does not`);
  });

  it('refuses a private half that others may read, and says how to mend it', async () => {
    await loadTrustKey(publicFile, data);
    await chmod(privateFile, 0o640);

    expect(await faultOf()).to.contain('chmod 600');
  });

  it('refuses halves of two keys', async () => {
    await loadTrustKey(publicFile, data);
    const { publicKey } = generateKeyPairSync('ed25519');
    await writeFile(publicFile, publicKey.export({ type: 'spki', format: 'pem' }));

    expect(await faultOf()).to.contain('not halves of one key');
  });

  it('refuses a private half of another kind without quoting it', async () => {
    await loadTrustKey(publicFile, data);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await writeFile(privateFile, pem);

    const message = await faultOf();

    expect(message).to.contain('not an Ed25519 private key');
    expect(message).not.to.contain(pem.split('\n')[1] ?? '');
  });

  it('refuses to lie inside the data, also through a symbolic link', async () => {
    await mkdir(data);
    await symlink(data, join(folder, 'elsewhere'));

    expect(await faultOf(join(data, 'trust.pub'))).to.contain('inside --data');
    expect(await faultOf(join(folder, 'elsewhere', 'trust.pub'))).to.contain('inside --data');
    expect(await faultOf(join(data, 'sub', 'trust.pub'))).to.contain('inside --data');
  });

  it('may lie beside data whose name begins alike', async () => {
    await mkdir(join(folder, 'data-keys'));

    const key = await loadTrustKey(join(folder, 'data-keys', 'trust.pub'), data);

    expect(key.isNew).to.equal(true);
  });

  it('refuses to be named by its private half', async () => {
    expect(await faultOf(privateFile)).to.contain('name the public half');
  });

  it('says where it cannot be made', async () => {
    const file = join(folder, 'missing', 'trust.pub');

    expect(await faultOf(file))
      .to.contain('ENOENT')
      .and.to.contain('--trust-key');
  });

  it('leaves no half behind when the pair cannot be made whole', async () => {
    // A dangling link: there is no public half, and none can be made under this name.
    await symlink(join(folder, 'nowhere', 'x'), publicFile);

    await loadTrustKey(publicFile, data).catch(() => {});

    expect(await stat(privateFile).catch(() => 'none')).to.equal('none');
  });
});

describe('readTrustedKeys', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-trust-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('reads several keys from one file, for logs that outlived a key', async () => {
    const first = await loadTrustKey(join(folder, 'a.pub'), join(folder, 'data'));
    const second = await loadTrustKey(join(folder, 'b.pub'), join(folder, 'data'));
    const both = join(folder, 'both.pem');
    const texts = await Promise.all(
      [first, second].map(({ publicKeyFile }) => readFile(publicKeyFile, 'utf8')),
    );
    await writeFile(both, texts.join(''));

    const keys = await readTrustedKeys(both);

    expect(keys.map(({ id }) => id)).to.deep.equal([first.id, second.id]);
    expect(signatureKey(first.signer.publicKey).id).to.equal(first.id);
  });

  const bad = [
    { name: 'a file without a key', content: 'hello\n', says: 'holds no public key' },
    { name: 'an empty file', content: '', says: 'holds no public key' },
    { name: 'a key of another kind', content: ecPublicKey(), says: 'not Ed25519' },
    { name: 'a file that is no key by its size', content: 'x'.repeat(70_000), says: 'over 65536' },
  ];
  for (const { name, content, says } of bad) {
    it(`refuses ${name}`, async () => {
      const file = join(folder, 'trust.pub');
      await writeFile(file, content);

      const fault = await readTrustedKeys(file).catch((error: unknown) => error);

      expect(fault)
        .to.be.instanceOf(TrustKeyFault)
        .and.to.have.property('message')
        .that.contains(says);
    });
  }

  it('refuses a file that is not there', async () => {
    const fault = await readTrustedKeys(join(folder, 'none.pub')).catch((error: unknown) => error);

    expect(fault).to.have.property('message').that.contains('ENOENT');
  });
});

function ecPublicKey(): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}
