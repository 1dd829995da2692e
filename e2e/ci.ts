// `make ci`: every gate a change must pass, one after the other, with the soak beside them from the
// start. Stops at the first that fails; the last line is that of the tests.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync } from 'node:fs';

/** Cheap ones first. `make test` leaves its closing line in a file. */
const STEPS = [
  'verify',
  'lint',
  'typecheck',
  'build',
  'test',
  'demo',
  'conformance',
  'bench',
] as const;
const TOTALS_FILE = 'out/test-totals.txt';
const SOAK_LOG = 'out/soak.log';

const steps = process.argv.length > 2 ? process.argv.slice(2) : STEPS;
const timings: string[] = [];

mkdirSync('out', { recursive: true });
const soak = startSoak();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endGroup(soak);
    process.exit(1);
  });
}
process.exitCode = (await passesAll()) ? 0 : 1;

async function passesAll(): Promise<boolean> {
  for (const step of steps) {
    if (!(await passes(step, () => make(step)))) {
      endGroup(soak);
      return false;
    }
  }
  const isSilent = await passes('soak', () => soak);
  process.stdout.write(readFileSync(SOAK_LOG, 'utf8'));
  process.stdout.write(`\n${timings.join('\n')}\n\n`);
  if (steps.includes('test')) process.stdout.write(readFileSync(TOTALS_FILE, 'utf8'));
  return isSilent;
}

async function passes(step: string, start: () => ChildProcess): Promise<boolean> {
  process.stdout.write(`\n== make ${step}\n`);
  const startedAt = performance.now();
  const child = start();
  const code = child.exitCode ?? (await once(child, 'exit'))[0];
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  timings.push(`${step.padEnd(12)} ${String(seconds).padStart(4)} s`);
  if (code !== 0) process.stderr.write(`\nci: make ${step} failed\n`);
  return code === 0;
}

/** The figures of a quick bench are noise: it shows that the bench works. */
function make(step: string): ChildProcess {
  return spawn('make', ['--no-print-directory', step], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, BENCH_QUICK: '1' },
  });
}

/** In a process group of its own, so that all it has started can be ended with it. */
function startSoak(): ChildProcess {
  const log = openSync(SOAK_LOG, 'w');
  return spawn('make', ['--no-print-directory', 'soak'], {
    stdio: ['ignore', log, log],
    detached: true,
  });
}

function endGroup({ pid, exitCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null) return;
  process.kill(-pid, 'SIGKILL');
}
