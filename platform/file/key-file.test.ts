import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readKeyFile } from './key-file.ts';

class Fault extends Error {}

describe('a file of a key', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-key-'));
    path = join(folder, 'sealing.keys');
    await writeFile(path, 'a key', { mode: 0o600 });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const read = (isGiven: boolean) =>
    readKeyFile({ path, isGiven }, () => 'fresh', Fault).catch((error: unknown) => error);

  for (const mode of [0o640, 0o604, 0o620, 0o602]) {
    for (const isGiven of [true, false]) {
      it(`is refused when its mode is ${mode.toString(8)}, ${isGiven ? 'given' : 'made here'}`, async () => {
        await chmod(path, mode);

        const fault = await read(isGiven);

        expect(fault).to.be.instanceOf(Fault);
        expect(String(fault)).to.include(`chmod 600 ${path}`).and.not.include('a key');
      });
    }
  }

  it('is read as it is where somebody else mounted it', async function () {
    if (process.getuid?.() !== 0) return this.skip();
    await chown(path, 65_534, 65_534);
    await chmod(path, 0o644);

    expect(await read(true)).to.equal('a key');
  });
});
