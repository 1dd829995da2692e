// Runs the real process of `gatehouse`: what it does to its streams and its exit code.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** `hangUp` closes our end of stdout before anything was read, as `| head -0` would. */
async function run(args: readonly string[], hangUp: 'hang up' | 'read') {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    printed.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    printed.stderr += chunk;
  });
  if (hangUp === 'hang up') {
    child.stdout.destroy();
  }
  const [code] = await once(child, 'close');
  return { code, ...printed };
}

describe('the gatehouse process', () => {
  it('prints to stdout and exits with 0 when all is well', async () => {
    const { code, stdout, stderr } = await run(['--version'], 'read');

    expect(code).to.equal(0);
    expect(stdout).to.match(/^gatehouse \d+\.\d+\.\d+\n$/);
    expect(stderr).to.equal('');
  });

  it('is quiet, and exits as it would have, when nobody reads any more', async () => {
    const { code, stderr } = await run(['--version'], 'hang up');

    expect(code).to.equal(0);
    expect(stderr).to.equal('');
  });

  it('complains on stderr and exits with 64 when the command is unknown', async () => {
    const { code, stdout, stderr } = await run(['rnu'], 'read');

    expect(code).to.equal(64);
    expect(stdout).to.equal('');
    expect(stderr).to.match(/^gatehouse: unknown command "rnu"/);
  });
});
