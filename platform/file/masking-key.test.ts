import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadMaskingHash, MASKING_KEY_FILE, MaskingKeyFault } from './masking-key.ts';

describe('masking key file', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-key-'));
    file = join(folder, MASKING_KEY_FILE);
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('is made once, for its owner alone, and leaves nothing else behind', async () => {
    const [made, again] = [
      await loadMaskingHash({ dataDir: folder }),
      await loadMaskingHash({ dataDir: folder }),
    ];

    expect(made('078-05-1120')).to.equal(again('078-05-1120'));
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect(await readdir(folder)).to.deep.equal([MASKING_KEY_FILE]);
  });

  it('is the same for all who start at once', async () => {
    const hashes = await Promise.all([1, 2, 3].map(() => loadMaskingHash({ dataDir: folder })));

    expect(new Set(hashes.map((hash) => hash('value'))).size).to.equal(1);
  });

  it('gives another hash of the same value once it is replaced', async () => {
    const before = await loadMaskingHash({ dataDir: folder });
    await rm(file);
    const later = await loadMaskingHash({ dataDir: folder });

    expect(later('value')).to.not.equal(before('value'));
    expect(later('value')).to.match(/^[0-9a-f]{64}$/);
  });

  for (const content of ['', 'SECRET', 'U0VDUkVU', `${'A'.repeat(43)}=\n${'B'.repeat(43)}=`]) {
    it(`that is no key (${content.length} characters) is named and not quoted`, async () => {
      await writeFile(file, content, { mode: 0o600 });

      const fault = await loadMaskingHash({ dataDir: folder }).catch((error: unknown) => error);

      expect(fault).to.be.instanceOf(MaskingKeyFault);
      expect(String(fault)).to.include(file);
      if (content !== '') expect(String(fault)).to.not.include(content);
      expect(await readFile(file, 'utf8')).to.equal(content);
    });
  }
});
