// Where Redis is, as told on the command line: wrong answers are named, never repeated, and nothing of
// evidence in Redis needs more than its address.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Command, UsageError } from './command.ts';
import { evidenceVerify } from './evidence-verify.ts';
import { run } from './run.ts';
import { sessionsList } from './sessions.ts';

describe('flags that name a Redis', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-cli-'));
    await writeFile(join(folder, 'policy.yaml'), '');
  });

  after(() => rm(folder, { recursive: true }));

  async function outcome(
    command: Command,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    let said = '';
    const say = (text: string) => {
      said += text;
    };
    const stop = AbortSignal.abort();
    try {
      const code = await command.run(args, { stdout: say, stderr: say, env, stop });
      return `${code}: ${said}`;
    } catch (error) {
      if (error instanceof UsageError) return error.message;
      throw error;
    }
  }

  const gateway = (...more: readonly string[]) => [
    ...['--policy', join(folder, 'policy.yaml'), '--upstream', 'http://127.0.0.1:9/mcp'],
    ...['--data', join(folder, 'data'), '--trust-key', join(folder, 'trust.pub'), ...more],
  ];

  it('refuse a password among the arguments, and take it from the environment', async () => {
    const url = 'redis://gate:hunter2@127.0.0.1:1';

    const flag = await outcome(run, gateway('--redis', url));
    const operand = await outcome(evidenceVerify, [url]);
    const env = await outcome(sessionsList, [], { GATEHOUSE_REDIS: url });

    expect(flag).to.contain('--redis must not carry a password').and.to.contain('GATEHOUSE_REDIS');
    expect(operand).to.contain('DIR must not carry a password');
    expect(env).to.contain('Redis at 127.0.0.1:1 cannot be used (ECONNREFUSED)');
    expect(flag + operand + env).not.to.contain('hunter2');
  });

  it('refuse to wait for replicas of a Cluster, which would wait for those of any node', async () => {
    const url = ['--redis', 'redis://127.0.0.1:1,127.0.0.1:2'];

    expect(await outcome(run, gateway(...url, '--redis-wait-replicas', '1'))).to.contain(
      '--redis-wait-replicas: cannot be with a Cluster',
    );
  });

  it('refuse what is no Redis, no namespace and no file', async () => {
    const url = ['--redis', 'redis://127.0.0.1:1'];

    expect(await outcome(run, gateway('--redis', 'http://x'))).to.contain(
      '--redis: must be redis://',
    );
    expect(await outcome(run, gateway(...url, '--redis-namespace', 'A_b'))).to.contain(
      '--redis-namespace must be',
    );
    expect(await outcome(run, gateway(...url, '--redis-ca', join(folder, 'none')))).to.contain(
      '--redis-ca: the file cannot be read (ENOENT)',
    );
    expect(await outcome(sessionsList, [])).to.contain('--data is missing');
    expect(await outcome(evidenceVerify, [])).to.contain('DIR is missing');
  });

  it('keep a gateway from starting where there is no Redis, and say what to look at', async () => {
    const said = await outcome(run, gateway('--redis', 'redis://127.0.0.1:1'));

    expect(said).to.match(/^78: /).and.to.contain('is it running, and is the address right?');
  });
});
