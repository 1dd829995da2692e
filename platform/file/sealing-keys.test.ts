import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadSealingKeys, SealingKeysFault } from './sealing-keys.ts';

const line = (): string => randomBytes(32).toString('base64');

describe('sealing keys', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-key-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  const given = async (text: string): Promise<string> => {
    const file = join(folder, 'given.keys');
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  const load = (sealingKeysFile: string) => loadSealingKeys({ dataDir: folder, sealingKeysFile });
  const faultOf = async (sealingKeysFile: string): Promise<string> => {
    const fault = await load(sealingKeysFile).catch((error: unknown) => error);
    expect(fault).to.be.instanceOf(SealingKeysFault);
    return fault instanceof SealingKeysFault ? fault.message : '';
  };

  it('are made once under the data, for their owner alone', async () => {
    const [made, again] = [
      await loadSealingKeys({ dataDir: folder }),
      await loadSealingKeys({ dataDir: folder }),
    ];

    expect(made).to.have.length(1);
    expect(again).to.deep.equal(made);
    expect((await stat(join(folder, 'sealing.keys'))).mode & 0o777).to.equal(0o600);
    expect(await readdir(folder)).to.deep.equal(['sealing.keys']);
  });

  it('are read from the file that is named, in its order, and nothing is made', async () => {
    const [first, second] = [line(), line()];
    const file = await given(`${first}\n\n${second}\n`);

    const keys = await load(file);

    expect(keys.map((key) => Buffer.from(key).toString('base64'))).to.deep.equal([first, second]);
    expect(await readdir(folder)).to.deep.equal(['given.keys']);
  });

  it('that are named and not there are a fault, and are not made', async () => {
    const file = join(folder, 'absent.keys');

    expect(await faultOf(file)).to.include(`${file}: is missing`);
    expect(await readdir(folder)).to.deep.equal([]);
  });

  const same = line();
  const wrong: readonly { name: string; text: string; says: string }[] = [
    { name: 'nothing', text: '\n', says: 'holds 0 keys' },
    { name: 'nine keys', text: Array.from({ length: 9 }, line).join('\n'), says: 'holds 9 keys' },
    { name: 'a short key', text: `${line()}\n\nU0VDUkVU\n`, says: ':3: a key is 32 bytes' },
    { name: 'base64 of another kind', text: `${'_'.repeat(43)}\n`, says: ':1: a key is 32 bytes' },
    { name: 'one key twice', text: `${same}\n${same}\n`, says: ':2: is the same key as' },
  ];
  for (const { name, text, says } of wrong) {
    it(`with ${name} are refused by file and line, and never quoted`, async () => {
      const file = await given(text);

      const fault = await faultOf(file);

      expect(fault).to.include(`${file}`).and.include(says);
      for (const secret of text.split('\n').filter((each) => each !== '')) {
        expect(fault).to.not.include(secret);
      }
      expect(await readFile(file, 'utf8')).to.equal(text);
    });
  }
});
