// Where sealing keys come from: made on first start, or a file that all replicas are given.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadSealingKeys, SealingKeysFault } from './sealing-keys.ts';

describe('sealing keys', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-sealing-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are made once, and the same afterwards', async () => {
    const made = await loadSealingKeys(folder);

    expect(await loadSealingKeys(folder)).to.deep.equal(made);
    expect(made.map(({ byteLength }) => byteLength)).to.deep.equal([32]);
  });

  it('are those of the file that is named, in its order', async () => {
    const file = join(folder, 'shared.keys');
    const keys = [1, 2].map((fill) => Buffer.alloc(32, fill));
    await writeFile(file, keys.map((key) => `${key.toString('base64')}\n`).join(''));

    const loaded = await loadSealingKeys(join(folder, 'unused'), file);

    expect(loaded.map((key) => Buffer.from(key))).to.deep.equal(keys);
  });

  it('are never made in place of a named file that is not there: replicas would differ', async () => {
    const fault = await loadSealingKeys(folder, join(folder, 'gone')).catch((e: unknown) => e);

    expect(fault).to.be.instanceOf(SealingKeysFault);
    expect(String(fault)).to.contain('--sealing-keys').and.to.contain('openssl rand');
  });
});
