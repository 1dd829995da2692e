import { globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { HOUSE_FOLDERS, importedFiles } from './house.ts';
import { TEST_PROGRAMS } from './test-programs.ts';
import { ON_API_SERVER } from './test-sets.ts';

const TESTS = `{${HOUSE_FOLDERS.join(',')}}/**/*.test.ts`;
/** Of a browser, and of a node, each with a need of its own that comes first. */
const ELSEWHERE = ['e2e/console/**', 'e2e/cluster-journeys/**'];

describe('the sets of tests', () => {
  it('leave what needs an API server to the set that has one', () => {
    const needing = testsThatImport('operator/kube/api-server.fixture.ts', ELSEWHERE);

    expect(needing).to.not.be.empty;
    expect(needing).to.deep.equal(globSync([...ON_API_SERVER]).sort());
  });

  it('know every test that needs a Redis', () => {
    const [redis] = TEST_PROGRAMS;
    const known = [...ELSEWHERE, ...ON_API_SERVER, ...(redis?.tests ?? [])];

    expect(testsThatImport('platform/redis/redis-server.fixture.ts', known)).to.deep.equal([]);
  });
});

const FILES = globSync(`{${HOUSE_FOLDERS.join(',')}}/**/*.ts`);
const IMPORTS = new Map(
  FILES.map((path) => [path, importedFiles(path, readFileSync(path, 'utf8'))]),
);

/** Also by way of other files. */
function testsThatImport(file: string, except: readonly string[]): readonly string[] {
  const found = new Set([file]);
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const [path, imported] of IMPORTS)
      if (imported.some((one) => found.has(one))) found.add(path);
  }
  const tests = globSync(TESTS, { exclude: [...except] }).sort();
  return tests.filter((path) => found.has(path));
}
