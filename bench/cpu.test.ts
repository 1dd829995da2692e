import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { treeCpuMicros } from './cpu.ts';

describe('the CPU time of a process tree', () => {
  it('includes what grandchildren used', async () => {
    const busy =
      'const end = Date.now() + 300; while (Date.now() < end); setInterval(() => {}, 1000);';
    const shell = `"${process.execPath}" -e '${busy}console.log(1)' & wait`;
    const parent = spawn('sh', ['-c', shell], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    await once(parent.stdout, 'data');

    const micros = treeCpuMicros(parent.pid!);

    process.kill(-parent.pid!, 'SIGKILL');
    expect(micros).to.be.greaterThan(30_000);
  });

  it('is nothing for a process that is gone', () => {
    expect(treeCpuMicros(2 ** 30)).to.equal(0);
  });
});
