// One writer per data directory, whatever name it goes by and however the last one ended.

import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { newLogPlace, removeLog, runWriter, startWriter } from './crashed-log.fixture.ts';
import { DataDirFault } from './data-dir-fault.ts';
import { lockDataDir } from './data-lock.ts';

describe('lockDataDir', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-lock-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('refuses a second holder and says what to do', async () => {
    const lock = await lockDataDir(folder);

    const fault = await lockDataDir(folder).catch((error: unknown) => error);
    await lock.release();

    expect(fault).to.be.instanceOf(DataDirFault);
    expect(fault).to.have.property('message').that.contains('--data');
  });

  it('knows the directory under another name', async () => {
    const lock = await lockDataDir(folder);
    await symlink(folder, `${folder}-link`);

    const fault = await lockDataDir(`${folder}-link`).catch((error: unknown) => error);
    await lock.release();
    await rm(`${folder}-link`);

    expect(fault).to.be.instanceOf(DataDirFault);
  });

  it('can be had again after it was released', async () => {
    const first = await lockDataDir(folder);
    await first.release();
    await first.release();

    const second = await lockDataDir(folder);

    await second.release();
  });

  it('does not keep two directories apart from each other', async () => {
    const other = await mkdtemp(join(tmpdir(), 'gatehouse-lock-'));

    const locks = [await lockDataDir(folder), await lockDataDir(other)];

    await Promise.all(locks.map((lock) => lock.release()));
    await rm(other, { recursive: true });
  });

  it('is given back by the system when its holder is killed', async function () {
    this.timeout(60_000);
    const place = await newLogPlace();
    const child = startWriter('patient', place);
    await once(child.stdout, 'data');

    const fault = await lockDataDir(place.dataDir).catch((error: unknown) => error);
    child.kill('SIGKILL');
    await once(child, 'close');
    const answers = await runWriter('closed', place);
    await removeLog(place);

    expect(fault).to.be.instanceOf(DataDirFault);
    expect(answers).not.to.deep.equal([]);
  });
});
