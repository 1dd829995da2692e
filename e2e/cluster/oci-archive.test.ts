import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeArchive } from './oci-archive.ts';

const CONFIG = { Entrypoint: ['/a'], User: '65532:65532' };

describe('an archive of images', () => {
  let folder: string;
  let archive: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-images-'));
    archive = join(folder, 'images.tar');
    for (const name of ['base', 'top']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, name), name);
    }
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('names each image, whose parts all are in it under their digest', async () => {
    await writeArchive(archive, [image('one', 'base', 'top'), image('two', 'base')]);

    const { manifests } = JSON.parse(read('index.json'));
    const names = manifests.map(
      ({ annotations }: { annotations: Record<string, string> }) =>
        annotations['io.containerd.image.name'],
    );
    expect(names).to.deep.equal(['gatehouse.test/one:dev', 'gatehouse.test/two:dev']);
    const { config, layers } = JSON.parse(readBlob(manifests[0].digest));
    expect(JSON.parse(readBlob(config.digest)).config).to.deep.equal(CONFIG);
    expect(layers).to.have.length(2);
    for (const { digest, size } of layers) expect(readBlob(digest)).to.have.length(size);
  });

  it('holds a layer once that two images share', async () => {
    await writeArchive(archive, [image('one', 'base', 'top'), image('two', 'base')]);

    const files = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }).split('\n');
    // Two layers, two configurations, two manifests.
    expect(files.filter((file) => /sha256\/./.test(file))).to.have.length(6);
  });

  it('has the same bytes when it is made of the same folders', async () => {
    await writeArchive(archive, [image('one', 'base', 'top')]);
    const first = readFileSync(archive);
    await writeArchive(archive, [image('one', 'base', 'top')]);

    expect(readFileSync(archive).equals(first)).to.equal(true);
  });

  function image(name: string, ...layers: readonly string[]) {
    const folders = layers.map((layer) => join(folder, layer));
    return { name: `gatehouse.test/${name}:dev`, layers: folders, config: CONFIG };
  }

  function read(file: string): string {
    return execFileSync('tar', ['-xOf', archive, file], { encoding: 'utf8' });
  }

  function readBlob(digest: string): string {
    const text = read(`blobs/sha256/${digest.slice('sha256:'.length)}`);
    expect(`sha256:${createHash('sha256').update(text).digest('hex')}`).to.equal(digest);
    return text;
  }
});
