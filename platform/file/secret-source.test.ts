import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { SecretFileFault } from './secret-file.ts';
import { readSecretSource } from './secret-source.ts';

describe('a secret that a policy names', () => {
  let secretsDir: string;

  before(async () => {
    secretsDir = await mkdtemp(join(tmpdir(), 'gatehouse-secrets-'));
    await mkdir(join(secretsDir, 'room'));
    await writeFile(join(secretsDir, 'room', 'url'), 'https://room.example/x\n');
  });

  after(() => rm(secretsDir, { recursive: true }));

  it('is read from a variable, a file, or the mounted key of a Secret', async () => {
    const file = join(secretsDir, 'room', 'url');
    const places = { env: { ROOM: 'from-env' }, secretsDir };

    const values = await Promise.all([
      readSecretSource({ kind: 'env', name: 'ROOM' }, places),
      readSecretSource({ kind: 'file', path: file }, places),
      readSecretSource({ kind: 'secret', name: 'room', key: 'url' }, places),
    ]);

    expect(values).to.deep.equal(['from-env', 'https://room.example/x', 'https://room.example/x']);
  });

  for (const { name, places, source } of [
    { name: 'a variable that is not set', places: {}, source: { kind: 'env', name: 'NONE' } },
    {
      name: 'a Secret outside a cluster',
      places: {},
      source: { kind: 'secret', name: 'a', key: 'b' },
    },
    {
      name: 'a Secret that is not mounted',
      places: { secretsDir: '/nowhere' },
      source: { kind: 'secret', name: 'a', key: 'b' },
    },
  ] as const) {
    it(`cannot be had from ${name}, which is named`, async () => {
      const fault = await readSecretSource(source, { env: {}, ...places }).catch((e: unknown) => e);

      expect(fault).to.be.instanceOf(SecretFileFault);
      expect(fault).to.have.property('message').that.includes(source.name);
    });
  }
});
