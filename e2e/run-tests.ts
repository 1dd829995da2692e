// Runs the test sets named on the command line, each in a process of its own, and ends with what failed, if
// anything did, and one plain line: `N passed, N failed`. A set that dies, hangs or runs no test counts as a failure.

import { fork } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Mocha from 'mocha';
import { PlainReporter } from './plain-reporter.ts';
import { TEST_PROGRAMS } from './test-programs.ts';
import { TEST_SETS, type TestSet } from './test-sets.ts';

interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** A line for each that failed: its name, and how. */
  readonly failures: readonly string[];
}

/** Where `make ci` finds the totals again. */
const TOTALS_FILE = 'out/test-totals.json';
/** A set may not take longer than this, whatever hangs: many times what it takes on an idle machine. */
const SET_DEADLINE_MS = 60 * 60_000;
/** After its last test a process has nothing left to do: a timer or socket that stays is a leak. */
const EXIT_DEADLINE_MS = 15_000;

const LAST_WORD_MS = 2_000;
/** Of how a test failed, in the list at the end; all of it is above. */
const MESSAGE_CHARACTERS = 300;

const NOTHING: Totals = { passed: 0, failed: 0, skipped: 0, failures: [] };

const [first = '', ...others] = process.argv.slice(2);
const missing = TEST_PROGRAMS.filter(({ isThere }) => !isThere());
if (first === '--set') {
  await runSet(others[0] ?? '');
} else {
  await runSets([first, ...others]);
}

async function runSets(names: readonly string[]): Promise<void> {
  if (missing.length > 0 && process.env.TEST_ALL === '1') {
    process.stderr.write(`the tests need ${install(missing)}\n`);
    process.exit(69);
  }
  let sum = NOTHING;
  for (const name of names.filter(canRun)) {
    const { passed, failed, skipped, failures } = await forkSet(name);
    sum = {
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped,
      failures: [...sum.failures, ...failures],
    };
  }
  for (const program of missing) {
    const count = program.tests.flatMap((glob) =>
      globSync(glob.replace(/\*\*$/, '**/*.test.ts')),
    ).length;
    process.stdout.write(`skipped ${count} files of tests that need ${install([program])}\n`);
    sum = { ...sum, skipped: sum.skipped + count };
  }
  const skipped = sum.skipped === 0 ? '' : `, ${sum.skipped} skipped`;
  mkdirSync('out', { recursive: true });
  writeFileSync(TOTALS_FILE, JSON.stringify(sum));
  for (const failure of sum.failures) process.stdout.write(`failed: ${failure}\n`);
  process.stdout.write(`${sum.passed} passed, ${sum.failed} failed${skipped}\n`);
  process.exitCode = sum.failed === 0 ? 0 : 1;
}

function install(programs: typeof TEST_PROGRAMS): string {
  const names = programs.map(({ name }) => name).join(' and ');
  const packages = programs.map(({ packageName }) => packageName).join(' ');
  return `${names}: sudo apt-get install -y --no-install-recommends ${packages}`;
}

function setOf(name: string): TestSet {
  const set = TEST_SETS[name];
  if (set === undefined) {
    throw new Error(`no test set named ${name}; there are ${Object.keys(TEST_SETS).join(', ')}`);
  }
  return set;
}

/** Without those that this machine cannot run. */
function filesOf({ files, except }: TestSet): readonly string[] {
  const exclude = [...except, ...missing.flatMap(({ tests }) => tests)];
  return globSync([...files], { exclude }).sort();
}

/** A set without files is a mistake, unless all of them are left out. */
function canRun(name: string): boolean {
  return missing.length === 0 || filesOf(setOf(name)).length > 0;
}

async function forkSet(name: string): Promise<Totals> {
  const startedAt = performance.now();
  const child = fork(fileURLToPath(import.meta.url), ['--set', name]);
  // Who ends this process ends the set first: it may have started programs.
  process.once('SIGTERM', () => {
    child.once('close', () => process.exit(1));
    child.kill('SIGTERM');
  });
  let totals: Totals | undefined;
  let problem: string | undefined;
  let timer = setTimeout(() => end('did not end in time'), SET_DEADLINE_MS);
  function end(why: string): void {
    problem = why;
    // It first says what it was at, if it still can.
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), LAST_WORD_MS).unref();
  }
  child.on('message', (message) => {
    totals = message as Totals;
    clearTimeout(timer);
    timer = setTimeout(() => end('left a timer, socket or process open'), EXIT_DEADLINE_MS);
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  if (totals === undefined || (totals.failed === 0 && code !== 0)) {
    problem ??= `ended with exit code ${code} before its tests did`;
  } else if (totals.passed === 0) {
    problem ??= 'ran no test';
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const ran = totals ?? NOTHING;
  process.stdout.write(`${name}: ran ${ran.passed + ran.failed} tests in ${seconds} s\n`);
  if (problem === undefined) return ran;
  const failure = `the test process of ${name} ${problem}`;
  return { ...ran, failed: ran.failed + 1, failures: [...ran.failures, failure] };
}

async function runSet(name: string): Promise<void> {
  const set = setOf(name);
  const { forbidOnly } = JSON.parse(readFileSync('.mocharc.json', 'utf8'));
  const mocha = new Mocha({ reporter: PlainReporter, forbidOnly, timeout: set.testTimeoutMs });
  for (const file of filesOf(set)) mocha.addFile(file);
  await mocha.loadFilesAsync();
  let isOver = false;
  process.once('SIGTERM', () => {
    const running = isOver ? openResources() : runner.currentRunnable?.fullTitle();
    process.stdout.write(`\n  still running: ${running}\n`, () => process.exit(1));
  });
  const failures: string[] = [];
  const runner = mocha.run((failed) => {
    const { passes = 0, pending = 0 } = runner.stats ?? {};
    process.exitCode = failed === 0 ? 0 : 1;
    isOver = true;
    const totals: Totals = { passed: passes, failed, skipped: pending, failures };
    process.send?.(totals, () => process.disconnect());
  });
  runner.on(Mocha.Runner.constants.EVENT_TEST_FAIL, (test, error) => {
    const [message = ''] = String(error?.message ?? error).split('\n');
    failures.push(`${test.fullTitle()}: ${message.slice(0, MESSAGE_CHARACTERS)}`);
  });
}

/** What keeps the process alive, by kind and number: standard input and output are always there. */
function openResources(): string {
  const kinds = Map.groupBy(process.getActiveResourcesInfo(), (kind) => kind);
  return [...kinds].map(([kind, { length }]) => `${length} ${kind}`).join(', ');
}
