// `make cluster-up`, `make cluster-down` and what stands between: a whole Kubernetes node on this
// machine, without a container engine and without a registry.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { FOLDERS, KUBECONFIG, NAMES } from './addresses.ts';
import { openApi } from './api.ts';
import { startApi, startControllers, untilApiReady } from './control-plane.ts';
import { memoryOf, pidOf, recordedDaemons } from './daemons.ts';
import { makeImages } from './images.ts';
import { makeKeys } from './keys.ts';
import { makeNetwork } from './network.ts';
import { ctr, startContainerd, startNode, untilNodeReady } from './node.ts';
import { helmProgram, kubernetesPrograms } from './programs.ts';
import { tearDown } from './tear-down.ts';

const USAGE = 'usage: node e2e/cluster/main.ts up | down | status | test\n';

const COMMANDS: Readonly<Record<string, () => Promise<void> | void>> = {
  up,
  down: tearDown,
  status,
  test,
};

const command = COMMANDS[process.argv[2] ?? ''];
if (command === undefined) {
  process.stderr.write(USAGE);
  process.exit(64);
}
await command();

/** A second time it only brings the images up to date. */
async function up(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('a node is root: run this as root');
  const programs = kubernetesPrograms();
  const helm = helmProgram();
  const startedAt = performance.now();
  const say = (line: string) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`${seconds.padStart(6)} s  ${line}\n`);
  };
  for (const folder of ['root', 'pids', 'logs', 'config', 'run'] as const) {
    mkdirSync(FOLDERS[folder], { recursive: true, mode: 0o700 });
  }
  makeNetwork();
  if (!existsSync(KUBECONFIG)) await makeKeys();
  startApi(programs);
  await startContainerd();
  ctr('images', 'import', await makeImages());
  say('images made and imported');
  const api = openApi();
  await untilApiReady(api);
  say('API server ready');
  startControllers(programs);
  startNode(programs);
  await untilNodeReady(api);
  say(`node ${NAMES.node} ready`);
  process.stdout.write(
    `\n  export KUBECONFIG=${KUBECONFIG}\n  export PATH=${programs}:${dirname(helm)}:$PATH\n\n`,
  );
}

/** On a cluster of the caller's, when one is named; else on one that lives as long as the tests. */
async function test(): Promise<void> {
  const given = process.env.E2E_KUBECONFIG;
  if (given === undefined || given === '') {
    try {
      await up();
      process.exitCode = await runJourneys(KUBECONFIG);
    } finally {
      await tearDown();
    }
  } else {
    process.exitCode = await runJourneys(given);
  }
}

async function runJourneys(kubeconfig: string): Promise<number> {
  const path = [kubernetesPrograms(), dirname(helmProgram()), process.env.PATH].join(':');
  const tests = spawn(process.execPath, ['e2e/run-tests.ts', 'cluster'], {
    stdio: 'inherit',
    env: { ...process.env, PATH: path, KUBECONFIG: kubeconfig },
  });
  const [code] = await once(tests, 'exit');
  return code ?? 1;
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
