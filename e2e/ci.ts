// `make ci`: every gate a change must pass, one after the other, with the soak beside them from the
// start. Stops at the first that fails; the last line is that of the tests.

import { spawn } from 'node:child_process';
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
const underWay = new Set<Step>();

mkdirSync('out', { recursive: true });
const soak = start('soak', openSync(SOAK_LOG, 'w'));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endAll();
    process.exit(1);
  });
}
const hasPassed = await passesAll();
endAll();
process.stdout.write(`\n${timings.join('\n')}\n\n`);
if (hasPassed && steps.includes('test')) process.stdout.write(readFileSync(TOTALS_FILE, 'utf8'));
process.exitCode = hasPassed ? 0 : 1;

async function passesAll(): Promise<boolean> {
  for (const step of steps) {
    if (!(await passes(step, () => start(step, 'inherit')))) return false;
  }
  const isSilent = await passes('soak', () => soak);
  process.stdout.write(readFileSync(SOAK_LOG, 'utf8'));
  return isSilent;
}

async function passes(name: string, step: () => Step): Promise<boolean> {
  process.stdout.write(`\n== make ${name}\n`);
  const startedAt = performance.now();
  const code = await step().code;
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  timings.push(`${name.padEnd(12)} ${String(seconds).padStart(4)} s`);
  if (code !== 0) process.stderr.write(`\nci: make ${name} failed\n`);
  return code === 0;
}

interface Step {
  readonly pid: number | undefined;
  /** Null when it died of a signal. */
  readonly code: Promise<number | null>;
}

/** In a process group of its own, so that all it has started can be ended with it. */
function start(target: string, output: 'inherit' | number): Step {
  const child = spawn('make', ['--no-print-directory', target], {
    stdio: ['ignore', output, output],
    detached: true,
    // The figures of a quick bench are noise: it shows that the bench works. No test is left out.
    env: { ...process.env, BENCH_QUICK: '1', TEST_ALL: '1' },
  });
  const code = once(child, 'exit').then(([exitCode]: (number | null)[]) => {
    underWay.delete(step);
    return exitCode ?? null;
  });
  const step = { pid: child.pid, code };
  underWay.add(step);
  return step;
}

function endAll(): void {
  for (const { pid } of underWay) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
}
