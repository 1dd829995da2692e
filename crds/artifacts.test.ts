import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { artifacts } from './artifacts.ts';

describe('the generated files on disk', () => {
  for (const { path, text } of artifacts()) {
    it(`${path} is what \`node crds/generate.ts\` writes`, () => {
      const onDisk = readFileSync(join(import.meta.dirname, '..', path), 'utf8');

      expect(onDisk === text, 'stale: run `node crds/generate.ts`').to.equal(true);
    });
  }
});
