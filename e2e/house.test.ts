// Holds every source file to the rules of the house, after showing that each rule can fail.

import { globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { HOUSE_FOLDERS, problemsOf } from './house.ts';

const HEAD = '// What it is for.\n';

const broken: readonly { name: string; path: string; source: string; says: string }[] = [
  {
    name: 'an import that goes up',
    path: 'core/policy/x.ts',
    source: "import { a } from '#platform/file/a.ts';",
    says: 'only goes down',
  },
  {
    name: 'a type imported from above',
    path: 'crds/x.ts',
    source: "import type { A } from '#core/a.ts';",
    says: 'only goes down',
  },
  {
    name: 'a lazy import that goes up',
    path: 'sidecar/x.ts',
    source: "const a = await import('#cli/a.ts');",
    says: 'only goes down',
  },
  {
    name: 'an import spread over lines',
    path: 'core/x.ts',
    source: "import {\n  a,\n} from '#sidecar/a.ts';",
    says: 'only goes down',
  },
  {
    name: 'a neighbour on the same floor',
    path: 'sidecar/x.ts',
    source: "import { a } from '#operator/a.ts';",
    says: 'only goes down',
  },
  {
    name: 'a relative way around',
    path: 'core/x.ts',
    source: "import { a } from '../platform/file/a.ts';",
    says: 'across folders',
  },
  {
    name: 'an adapter in an adapter',
    path: 'platform/oidc/x.ts',
    source: "import { a } from '#platform/http/a.ts';",
    says: 'never import each other',
  },
  {
    name: 'input and output in core',
    path: 'core/mcp/x.ts',
    source: "import { readFile } from 'node:fs/promises';",
    says: 'core is pure',
  },
  {
    name: 'cryptography in the wrong part of core',
    path: 'core/mcp/x.ts',
    source: "import { createHash } from 'node:crypto';",
    says: 'core is pure',
  },
  {
    name: 'a package in core',
    path: 'core/identity/x.ts',
    source: "import { jwtVerify } from 'jose';",
    says: 'core is pure',
  },
  { name: 'a clock in core', path: 'core/x.ts', source: 'Date.now();', says: 'clock or chance' },
  {
    name: 'the environment',
    path: 'platform/file/x.ts',
    source: 'process.env.HOME;',
    says: 'only a main.ts',
  },
  { name: 'an exit', path: 'cli/run.ts', source: 'process.exit(1);', says: 'only a main.ts' },
  {
    name: 'a way to the server past the permit',
    path: 'sidecar/x.ts',
    source: 'gate.upstream.send(request);',
    says: 'without a permit',
  },
  { name: 'a default export', path: 'cli/x.ts', source: 'export default 1;', says: 'by default' },
  {
    name: 'a barrel',
    path: 'cli/x.ts',
    source: "export * from './y.ts';",
    says: 'passes on another file',
  },
  { name: 'any', path: 'cli/x.ts', source: 'let x: any;', says: 'says any' },
  { name: 'a silenced type', path: 'cli/x.ts', source: '// @ts-ignore', says: 'silences a check' },
  { name: 'a bad name', path: 'cli/camelCase.ts', source: '', says: 'kebab-case' },
  { name: 'a drawer', path: 'cli/utils.ts', source: '', says: 'says nothing' },
  { name: 'a long file', path: 'cli/x.ts', source: '\n'.repeat(300), says: 'has 301 lines' },
];

const sound: readonly { name: string; path: string; source: string }[] = [
  {
    name: 'imports that go down',
    path: 'cli/x.ts',
    source: "import { a } from '#core/a.ts';\nimport { b } from './b.ts';",
  },
  {
    name: 'the clock of the process in an adapter',
    path: 'platform/oidc/x.ts',
    source: "import type { Clock } from '#platform/process/clock.ts';",
  },
  {
    name: 'hashes in evidence',
    path: 'core/evidence/x.ts',
    source: "import { createHash } from 'node:crypto';",
  },
  { name: 'the environment in a main.ts', path: 'cli/main.ts', source: 'process.env.HOME;' },
  {
    name: 'files in a test of core',
    path: 'core/x.test.ts',
    source: "import { readFileSync } from 'node:fs';",
  },
];

describe('the rules of the house', () => {
  for (const { name, path, source, says } of broken) {
    it(`find ${name}`, () => {
      expect(problemsOf(path, HEAD + source).join('\n')).to.include(says);
    });
  }

  it('find a file that does not say what it is for', () => {
    expect(problemsOf('cli/x.ts', 'export {};\n')).to.have.length(1);
  });

  for (const { name, path, source } of sound) {
    it(`allow ${name}`, () => {
      expect(problemsOf(path, HEAD + source)).to.deep.equal([]);
    });
  }

  it('are kept by every file', () => {
    const files = globSync(`{${HOUSE_FOLDERS.join(',')}}/**/*.ts`).map((path) =>
      path.replaceAll('\\', '/'),
    );

    const problems = files.flatMap((path) => problemsOf(path, readFileSync(path, 'utf8')));

    expect(files.length).to.be.above(100);
    expect(problems).to.deep.equal([]);
  });
});
