import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Check, differences, readChecks } from './checks.ts';

const PASSED: Check = { scenario: 'ping', id: 'pong', status: 'SUCCESS' };

describe('differences between two runs of the suite', () => {
  const cases: { name: string; direct: Check[]; through: Check[]; found: number }[] = [
    { name: 'finds none in equal lists', direct: [PASSED], through: [PASSED], found: 0 },
    {
      name: 'finds a check that changed its status',
      direct: [PASSED],
      through: [{ ...PASSED, status: 'FAILURE' }],
      found: 1,
    },
    { name: 'finds a check that disappeared', direct: [PASSED], through: [], found: 1 },
    { name: 'finds a check that appeared', direct: [], through: [PASSED], found: 1 },
    {
      name: 'finds two changes that cancel out in the totals',
      direct: [PASSED, { ...PASSED, id: 'other', status: 'FAILURE' }],
      through: [
        { ...PASSED, status: 'FAILURE' },
        { ...PASSED, id: 'other', status: 'SUCCESS' },
      ],
      found: 2,
    },
  ];
  for (const { name, direct, through, found } of cases) {
    it(name, () => {
      expect(differences(direct, through)).to.have.length(found);
    });
  }
});

describe('reading the results of the suite', () => {
  it('numbers a check that a scenario repeats, so that none hides another', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'checks-'));
    const folder = join(directory, 'server-ping-2026-01-02T03-04-05-678Z');
    await mkdir(folder);
    const results = [
      { id: 'pong', status: 'SUCCESS' },
      { id: 'pong', status: 'FAILURE' },
    ];
    await writeFile(join(folder, 'checks.json'), JSON.stringify(results));

    const checks = await readChecks(directory);

    expect(checks).to.deep.equal([
      { scenario: 'server-ping', id: 'pong', status: 'SUCCESS' },
      { scenario: 'server-ping', id: 'pong #2', status: 'FAILURE' },
    ]);
    await rm(directory, { recursive: true });
  });
});
