import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readSecretFile, SecretFileFault } from './secret-file.ts';

describe('secret file', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-secret-'));
    file = join(folder, 'secret');
  });

  afterEach(() => rm(folder, { recursive: true }));

  const cases: { name: string; content: string; value: string }[] = [
    { name: 'as it is', content: 's3cret', value: 's3cret' },
    { name: 'without one newline', content: 's3cret\n', value: 's3cret' },
    { name: 'without one newline of Windows', content: 's3cret\r\n', value: 's3cret' },
    { name: 'with a second newline', content: 's3cret\n\n', value: 's3cret\n' },
    { name: 'when empty', content: '', value: '' },
  ];
  for (const { name, content, value } of cases) {
    it(`is read ${name}`, async () => {
      await writeFile(file, content);

      expect(await readSecretFile(file)).to.equal(value);
    });
  }

  it('that is missing is named', async () => {
    const fault = await readSecretFile(file).catch((error: unknown) => error);

    expect(fault).to.be.instanceOf(SecretFileFault);
    expect(fault).to.have.property('message', `${file}: cannot be read (ENOENT)`);
  });

  it('that is too long is named and not quoted', async () => {
    await writeFile(file, 'S'.repeat(8 * 1024 + 1));

    const fault = await readSecretFile(file).catch((error: unknown) => error);

    expect(fault).to.have.property('message', `${file}: is over 8192 bytes`);
  });
});
