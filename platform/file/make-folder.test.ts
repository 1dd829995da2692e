import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeFolder } from './make-folder.ts';

describe('makeFolder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-make-folder-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const codeOf = (path: string): Promise<unknown> =>
    makeFolder(path).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    );

  it('makes what is missing, for its user alone', async () => {
    await makeFolder(join(folder, 'a', 'b'));

    const { mode } = await stat(join(folder, 'a', 'b'));
    expect(mode & 0o777).to.equal(0o700);
  });

  it('takes what is there, also when several make it at once', async () => {
    const path = join(folder, 'a', 'b', 'c');

    await Promise.all([makeFolder(path), makeFolder(path), makeFolder(path)]);
    await makeFolder(path);

    expect((await stat(path)).isDirectory()).to.equal(true);
  });

  it('refuses a file in its place, or in its way', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');

    expect(await codeOf(file)).to.equal('EEXIST');
    expect(await codeOf(join(file, 'below'))).to.equal('ENOTDIR');
  });

  it('ends where a folder takes no new names', async function () {
    if (process.platform !== 'linux') this.skip();

    expect(await codeOf('/proc/gatehouse/data')).to.equal('ENOENT');
  });
});
