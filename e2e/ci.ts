// `make ci`: every gate a change must pass, one after the other, and beside them the soak. Stops at the first
// that fails; the last lines are the tests that failed, if any did, and the totals of all.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { EXIT_UNAVAILABLE, missingForNode, thisMachine } from './cluster/requirements.ts';

/**
 * Cheap ones first; the bench last, with the machine to itself. Kubernetes is built where a machine has none, and
 * beside nothing: it takes all there is, and tests of what happens in time would tell of that.
 */
const STEPS = [
  'verify',
  'lint',
  'typecheck',
  'build',
  'test',
  'demo',
  'conformance',
  'cluster-programs',
  'e2e',
  'bench',
] as const;
/** Steps of tests: each leaves its totals in a file. */
const TESTS: ReadonlySet<string> = new Set(['test', 'e2e']);
const TOTALS_FILE = 'out/test-totals.json';
const SOAK_LOG = 'out/soak.log';
/** What a step may take to put things in order once it is told to end: a cluster takes a quarter of it. */
const END_MS = 60_000;

const steps = process.argv.length > 2 ? process.argv.slice(2) : STEPS;
const timings: string[] = [];
const underWay = new Set<Step>();
const totals = { passed: 0, failed: 0, skipped: 0, failures: [] as string[] };
let lastStep = '';

const missing = steps.includes('e2e') ? missingForNode(thisMachine()) : [];
if (missing.length > 0) {
  process.stderr.write(missing.map((sentence) => `ci: ${sentence}\n`).join(''));
  process.exit(EXIT_UNAVAILABLE);
}
mkdirSync('out', { recursive: true });
rmSync(TOTALS_FILE, { force: true });
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void endAll().then(() => process.exit(1)));
}
const soak = start('soak', openSync(SOAK_LOG, 'w'));
const hasPassed = await passesAll();
await endAll();
process.stdout.write(`\n${timings.join('\n')}\n\n`);
if (hasPassed || TESTS.has(lastStep)) process.stdout.write(closingLines());
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
  lastStep = name;
  const startedAt = performance.now();
  const code = await step().code;
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  timings.push(`${name.padEnd(16)} ${String(seconds).padStart(4)} s`);
  if (TESTS.has(name)) addTotals();
  if (code !== 0) process.stderr.write(`\nci: make ${name} failed\n`);
  return code === 0;
}

/** A run that was ended before its last word has none. */
function addTotals(): void {
  let more: Partial<typeof totals> = {};
  try {
    more = JSON.parse(readFileSync(TOTALS_FILE, 'utf8'));
  } catch {
    more = { failed: 1, failures: ['a run of tests was ended before its last word'] };
  }
  rmSync(TOTALS_FILE, { force: true });
  for (const name of ['passed', 'failed', 'skipped'] as const) totals[name] += more[name] ?? 0;
  totals.failures.push(...(more.failures ?? []));
}

/** Names what failed once more: of a long log, its end is what people are shown. */
function closingLines(): string {
  const { passed, failed, skipped, failures } = totals;
  const names = failures.map((failure) => `failed: ${failure}\n`).join('');
  return `${names}${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}\n`;
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

/** Each is asked, so that it can take away what it has made, and ended when it does not. */
async function endAll(): Promise<void> {
  const groups = [...underWay].flatMap(({ pid }) => (pid === undefined ? [] : [-pid]));
  for (const group of groups) signal(group, 'SIGTERM');
  const deadline = performance.now() + END_MS;
  while (groups.some((group) => signal(group, 0)) && performance.now() < deadline) await delay(100);
  for (const group of groups) signal(group, 'SIGKILL');
}

/** False when none of it is left. */
function signal(group: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(group, name);
  } catch {
    return false;
  }
}
