import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadSigningKey, SigningKeyFault } from './signing-key.ts';

describe('signing key file', () => {
  let folder: string;
  let file: string;
  const load = (path = file) => loadSigningKey({ path, isGiven: false });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-key-'));
    file = join(folder, 'upstream-signing-key.pem');
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('is made once, for its owner alone, and leaves nothing else behind', async () => {
    const made = await load();
    const again = await load();

    expect(made.equals(again)).to.equal(true);
    expect(made.asymmetricKeyDetails).to.have.property('namedCurve', 'prime256v1');
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect(await readdir(folder)).to.deep.equal(['upstream-signing-key.pem']);
  });

  it('is the same for all who start at once', async () => {
    const keys = await Promise.all([1, 2, 3].map(() => load()));
    const settled = await load();

    expect(keys.map((key) => key.equals(settled))).to.deep.equal([true, true, true]);
    expect(await readdir(folder)).to.deep.equal(['upstream-signing-key.pem']);
  });

  const broken: { name: string; content: string }[] = [
    { name: 'empty', content: '' },
    { name: 'something else', content: 'not-a-key SECRET' },
    { name: 'cut short', content: '-----BEGIN PRIVATE KEY-----\nMIGH' },
  ];
  for (const { name, content } of broken) {
    it(`that is ${name} is refused by name, not replaced and not quoted`, async () => {
      await writeFile(file, content, { mode: 0o600 });

      const fault = await load().catch((error: unknown) => error);

      expect(fault).to.be.instanceOf(SigningKeyFault);
      expect(fault).to.have.property('message').that.includes(file).and.not.includes('SECRET');
      expect(await readFile(file, 'utf8')).to.equal(content);
    });
  }

  it('in a folder that is not there cannot be made, and says so', async () => {
    const fault = await load(join(folder, 'no', 'key.pem')).catch((e: unknown) => e);

    expect(fault).to.be.instanceOf(SigningKeyFault);
    expect(fault).to.have.property('message').that.includes('cannot be made (ENOENT)');
  });
});
