// `make cluster-up`, `make cluster-down` and what stands between: a whole Kubernetes node on this
// machine, without a container engine and without a registry.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FOLDERS, KUBECONFIG, NAMES } from './addresses.ts';
import { openApi } from './api.ts';
import { startApi, startControllers, untilApiReady } from './control-plane.ts';
import { memoryOf, pidOf, recordedDaemons } from './daemons.ts';
import { makeImages } from './images.ts';
import { areKeys, makeKeys } from './keys.ts';
import { makeNetwork } from './network.ts';
import { ctr, startContainerd, startNode, untilNodeReady } from './node.ts';
import { allPrograms, helmProgram, kubernetesPrograms } from './programs.ts';
import {
  EXIT_UNAVAILABLE,
  type Machine,
  missingForNode,
  missingForPrograms,
  thisMachine,
} from './requirements.ts';
import { tearDown } from './tear-down.ts';

const USAGE = 'usage: node e2e/cluster/main.ts up | down | status | programs | test\n';
/** How long tests may take to end when they are told to. */
const TESTS_END_MS = 10_000;

const COMMANDS: Readonly<Record<string, () => Promise<void> | void>> = {
  up: () => up(),
  down: tearDown,
  status,
  programs: async () => {
    require(missingForPrograms);
    await allPrograms(endingSignal());
  },
  test,
};

const command = COMMANDS[process.argv[2] ?? ''];
if (command === undefined) {
  process.stderr.write(USAGE);
  process.exit(64);
}
try {
  await command();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}

/** A second time it only brings the images up to date. Goes no further once `signal` says so. */
async function up(signal = new AbortController().signal): Promise<void> {
  require(missingForNode);
  const kubernetes = await kubernetesPrograms(signal);
  const helm = await helmProgram(signal);
  const startedAt = performance.now();
  const reached = (line: string) => {
    signal.throwIfAborted();
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`${seconds.padStart(6)} s  ${line}\n`);
  };
  for (const folder of ['root', 'pids', 'logs', 'config', 'run'] as const) {
    mkdirSync(FOLDERS[folder], { recursive: true, mode: 0o700 });
  }
  makeNetwork();
  if (!areKeys()) await makeKeys();
  startApi(kubernetes);
  await startContainerd();
  ctr('images', 'import', await makeImages());
  reached('images made and imported');
  const api = openApi();
  await untilApiReady(api);
  reached('API server ready');
  startControllers(kubernetes);
  startNode(kubernetes);
  await untilNodeReady(api);
  reached(`node ${NAMES.node} ready`);
  process.stdout.write(
    `\n  export KUBECONFIG=${KUBECONFIG}\n  export PATH=${kubernetes}:${dirname(helm)}:$PATH\n\n`,
  );
}

/**
 * On a cluster of the caller's, when one is named; else on one that lives as long as the tests: it is gone when they
 * have passed, when they have not, and when this is told to end.
 */
async function test(): Promise<void> {
  const given = process.env.E2E_KUBECONFIG;
  const ending = endingSignal();
  if (given !== undefined && given !== '') {
    require(missingForPrograms);
    process.exitCode = await runJourneys(given, ending);
    return;
  }
  require(missingForNode);
  // Before the node stands: it would wait for what is built.
  await allPrograms(ending);
  // What one that was killed has left, at whichever point.
  await tearDown();
  try {
    await Promise.race([up(ending), untilEnded(ending)]);
    process.exitCode = await runJourneys(KUBECONFIG, ending);
  } finally {
    await tearDown();
  }
}

async function runJourneys(kubeconfig: string, ending: AbortSignal): Promise<number> {
  const { kubernetes, helm, promtool } = await allPrograms(ending);
  const path = [kubernetes, dirname(helm), dirname(promtool), process.env.PATH].join(':');
  // A group of their own: whatever they have started ends with them.
  const tests = spawn(process.execPath, ['e2e/run-tests.ts', 'cluster'], {
    stdio: 'inherit',
    detached: true,
    env: { ...process.env, PATH: path, KUBECONFIG: kubeconfig },
  });
  const ended = once(tests, 'exit');
  try {
    const [code] = await Promise.race([ended, untilEnded(ending)]);
    return code ?? 1;
  } finally {
    signalGroup(tests.pid, 'SIGTERM');
    await Promise.race([ended, delay(TESTS_END_MS, undefined, { ref: false })]);
    signalGroup(tests.pid, 'SIGKILL');
  }
}

/** Aborted by the first signal that asks this process to end. */
function endingSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      process.stderr.write(`told to end by ${signal}: puts things in order first\n`);
      process.exitCode = 1;
      controller.abort(new Error(`ended by ${signal}`));
    });
  }
  return controller.signal;
}

async function untilEnded(ending: AbortSignal): Promise<never> {
  if (!ending.aborted) await once(ending, 'abort');
  throw ending.reason;
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // None of it is left.
  }
}

/** Ends here, saying what to do, when something is missing. */
function require(missing: (machine: Machine) => readonly string[]): void {
  const sentences = missing(thisMachine());
  if (sentences.length === 0) return;
  process.stderr.write(sentences.map((sentence) => `${sentence}.\n`).join(''));
  process.exit(EXIT_UNAVAILABLE);
}

function status(): void {
  const rows = recordedDaemons().map((name) => ({ name, pid: pidOf(name) }));
  if (rows.length === 0) process.stdout.write('no cluster: make cluster-up\n');
  let kilobytes = 0;
  for (const { name, pid } of rows) {
    const memory = pid === undefined ? 0 : memoryOf(pid);
    kilobytes += memory;
    const state = pid === undefined ? 'has ended' : `${Math.round(memory / 1024)} MB`;
    process.stdout.write(`${name.padEnd(26)}${state}\n`);
  }
  if (rows.length > 0)
    process.stdout.write(`${'all'.padEnd(26)}${Math.round(kilobytes / 1024)} MB\n`);
}
