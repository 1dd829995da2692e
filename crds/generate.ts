// `node crds/generate.ts`: writes the CRD and the reference page; touches nothing that is up to date.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { artifacts } from './artifacts.ts';

const root = dirname(import.meta.dirname);

for (const { path, text } of artifacts()) {
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  process.stdout.write(`wrote ${path}\n`);
}
