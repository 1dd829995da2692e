// How soon a sidecar serves and what memory it holds, by how many policies and rules govern its workload (64 policies are the
// most): dist/sidecar.mjs in a pod without a cluster, next to Node alone, in turn. `make build && node bench/sidecar-start.ts`; BENCH_QUICK=1: only that it works.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { McpGatewayPolicy } from '#crds/policy.ts';
import { type Pod, preparePod } from '#e2e/journeys/pod.ts';
import { callTool, messageOf, modern, send } from '#e2e/journeys/wire.ts';
import { treeCpuMicros } from './cpu.ts';
import { median } from './median.ts';
import { firstAnswerMillis, residentMiB } from './process.ts';
import { type TableRow, table } from './table.ts';

const QUICK = process.env.BENCH_QUICK === '1';
const REPETITIONS = QUICK ? 1 : 7;
const ONE = { policies: 1, rules: 2 };
const SHAPES: readonly Shape[] = QUICK
  ? [ONE]
  : [ONE, { policies: 50, rules: 100 }, { policies: 50, rules: 500 }];
const CALLS = QUICK ? 20 : 500;
const SETTLE_MS = QUICK ? 200 : 2000;
const BUNDLE = fileURLToPath(new URL('../dist/sidecar.mjs', import.meta.url));

interface Shape {
  readonly policies: number;
  /** Of all of them. */
  readonly rules: number;
}

interface Start {
  readonly shape: Shape;
  readonly readyMillis: number;
  /** Of the process until then: what a busy machine does not change. */
  readonly cpuMillis: number;
  /** To Node alone, in the same round. */
  readonly ratio: number;
  readonly idleMiB: number;
  /** After CALLS calls. */
  readonly busyMiB: number;
}

if (!existsSync(BUNDLE)) {
  console.error('dist/sidecar.mjs is not there: make build');
  process.exit(69);
}
const starts: Start[] = [];
const pod = await preparePod(BUNDLE);
try {
  for (let round = 0; round < REPETITIONS; round += 1) {
    for (const shape of SHAPES) starts.push(await measure(pod, shape));
  }
} finally {
  await pod.close();
}
console.log(table(SHAPES.map(rowOf)));
console.log(`medians of ${REPETITIONS}; load of the machine ${loadavg()[0]?.toFixed(1)}`);
process.exit(starts.every(({ readyMillis }) => readyMillis > 0) ? 0 : 1);

async function measure(pod: Pod, shape: Shape): Promise<Start> {
  const { policies, rules } = shape;
  const specs = Array.from({ length: policies }, (_, at) => spec(pod, at, rules / policies));
  const document = pod.operator.document(specs);
  const jws = await pod.operator.sign(document);
  await pod.mount(jws);
  pod.operator.publish(jws);
  const nodeMillis = await bareNodeMillis();
  const began = performance.now();
  const child = pod.launch();
  const readyMillis = await firstAnswerMillis(child, `${pod.adminUrl}/startupz`, began);
  const cpuMillis = treeCpuMicros(child.pid) / 1000;
  await delay(SETTLE_MS);
  const idleMiB = residentMiB(child.pid);
  await callMany(pod);
  const busyMiB = residentMiB(child.pid);
  await child.stop();
  const ratio = readyMillis / nodeMillis;
  return { shape, readyMillis, cpuMillis, ratio, idleMiB, busyMiB };
}

/** From exec to the end of a program that does nothing. */
async function bareNodeMillis(): Promise<number> {
  const began = performance.now();
  await once(spawn(process.execPath, ['--eval', '0'], { stdio: 'ignore' }), 'exit');
  return performance.now() - began;
}

/** Every other rule is a denial with a condition. */
function spec(pod: Pod, at: number, rules: number): McpGatewayPolicy['spec'] {
  const allows = (n: number) => ({
    ...{ name: `read-${n}`, effect: 'Allow' as const },
    match: { tools: ['echo', 'get_*', `tool_${at}_${n}`] },
  });
  const denies = (n: number) => ({
    ...{ name: `never-${n}`, effect: 'Deny' as const },
    match: { tools: ['drop_*', `wipe_${at}_${n}`] },
    when: [`args.force == true && args.count > ${n}`],
  });
  return {
    ...pod.spec(Array.from({ length: rules }, (_, n) => (n % 2 === 0 ? allows(n) : denies(n)))),
    limits: { requestsPerMinute: 1_000_000 },
  };
}

async function callMany(pod: Pod): Promise<void> {
  const token = await pod.provider.token({ sub: 'alice', audience: pod.url });
  for (let call = 0; call < CALLS; call += 1) {
    const answer = await send(pod.url, modern(token, callTool('echo', { message: 'hello' })));
    if (messageOf(answer).result?.content === undefined || messageOf(answer).result?.isError) {
      throw new Error(`a call was not answered: ${answer.status} ${answer.text.slice(0, 300)}`);
    }
  }
}

function rowOf(shape: Shape): TableRow {
  const own = starts.filter((start) => start.shape === shape);
  const middle = (figure: (start: Start) => number) => median(own.map(figure));
  return {
    'Policies over the workload': shape.policies,
    'their rules': shape.rules,
    'exec to /startupz': `${Math.round(middle(({ readyMillis }) => readyMillis))} ms`,
    'CPU until then': `${Math.round(middle(({ cpuMillis }) => cpuMillis))} ms`,
    'to Node alone': `${middle(({ ratio }) => ratio).toFixed(1)}x`,
    'Memory, idle': `${Math.round(middle(({ idleMiB }) => idleMiB))} MiB`,
    [`after ${CALLS} calls`]: `${Math.round(middle(({ busyMiB }) => busyMiB))} MiB`,
  };
}
