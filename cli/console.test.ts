// `gatehouse console` says which flag is missing or wrong before it opens anything.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { UsageError } from './command.ts';
import { consoleCommand } from './console.ts';

async function run(...args: readonly string[]) {
  let stderr = '';
  const io = {
    env: {},
    stdout: () => {},
    stderr: (text: string) => {
      stderr += text;
    },
    stop: new AbortController().signal,
  };
  const code = await consoleCommand.run(args, io).catch((error: unknown) => error);
  return { code, stderr };
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

  it('does not start without its Redis', async () => {
    const { code, stderr } = await run(...REDIS, '--policy', folder, ...keys());

    expect(code).to.equal(78);
    expect(stderr).to.include('Redis at 127.0.0.1:1 cannot be used');
  });

  it('does not start with half a key', async () => {
    await writeFile(join(folder, 'approval.pub'), 'x');

    const { code, stderr } = await run(...REDIS, '--policy', folder, ...keys());

    expect(code).to.equal(78);
    expect(stderr).to.include('approval.key does not');
  });
});
