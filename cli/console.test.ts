// `gatehouse console` says which flag is missing or wrong before it opens anything.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { UsageError } from './command.ts';
import { consoleCommand } from './console.ts';

/** Asks it to stop once it says so. */
async function runUntil(says: string, ...args: readonly string[]) {
  let stderr = '';
  const stop = new AbortController();
  const io = {
    env: {},
    stdout: () => {},
    stderr: (text: string) => {
      stderr += text;
      if (says !== '' && stderr.includes(says)) stop.abort();
    },
    stop: stop.signal,
  };
  const code = await consoleCommand.run(args, io).catch((error: unknown) => error);
  return { code, stderr };
}

function run(...args: readonly string[]) {
  return runUntil('', ...args);
}

const REDIS = ['--redis', 'redis://127.0.0.1:1'];

describe('gatehouse console', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-console-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const keys = () => [
    ...['--approval-key', join(folder, 'approval.pub'), '--trust-key', join(folder, 'trust.pub')],
    ...['--data', join(folder, 'data')],
  ];

  const missing = [
    { name: 'a Redis', words: ['--policy', 'x'], says: '--redis' },
    { name: 'a policy', words: REDIS, says: '--policy' },
    {
      name: 'a port that browsers can be told',
      words: [...REDIS, '--policy', 'x', '--listen', '127.0.0.1:0'],
      says: '--listen must name a port',
    },
  ];
  for (const { name, words, says } of missing) {
    it(`wants ${name}`, async () => {
      const { code } = await run(...words);

      expect(code).to.be.instanceOf(UsageError);
      expect(String(code)).to.include(says);
    });
  }

  it('does not start without one good policy, and says where it is wrong', async () => {
    await writeFile(join(folder, 'wrong.yaml'), 'kind: Wrong\n');

    const { code, stderr } = await run(...REDIS, '--policy', folder, ...keys());

    expect(code).to.equal(78);
    expect(stderr).to.include('wrong.yaml:1');
  });

  it('waits for its Redis, says so, and ends in peace when it is asked to meanwhile', async () => {
    const words = [...REDIS, '--policy', folder, '--admin', '127.0.0.1:0', ...keys()];

    const { code, stderr } = await runUntil('waiting for it', ...words);

    expect(code).to.equal(0);
    expect(stderr).to.include('127.0.0.1:1').and.include('ECONNREFUSED');
  });

  it('does not start with half a key', async () => {
    await writeFile(join(folder, 'approval.pub'), 'x');

    const { code, stderr } = await run(...REDIS, '--policy', folder, ...keys());

    expect(code).to.equal(78);
    expect(stderr).to.include('approval.key does not');
  });
});
