// How soon a sidecar serves and what memory it holds, with 1, 50 and 500 policies over its workload: dist/sidecar.mjs in a pod
// without a cluster, next to Node alone, in turn. `make build && node bench/sidecar-start.ts`; BENCH_QUICK=1: only that it works.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { McpGatewayPolicy } from '#crds/policy.ts';
import { type Pod, preparePod } from '#e2e/journeys/pod.ts';
import { callTool, messageOf, modern, send } from '#e2e/journeys/wire.ts';
import { median } from './median.ts';
import { firstAnswerMillis, residentMiB } from './process.ts';
import { type TableRow, table } from './table.ts';

const QUICK = process.env.BENCH_QUICK === '1';
const REPETITIONS = QUICK ? 1 : 7;
const POLICIES = QUICK ? [1, 50] : [1, 50, 500];
const CALLS = QUICK ? 20 : 500;
const SETTLE_MS = QUICK ? 200 : 2000;
const BUNDLE = fileURLToPath(new URL('../dist/sidecar.mjs', import.meta.url));

interface Start {
  readonly policies: number;
  readonly readyMillis: number;
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
    for (const policies of POLICIES) starts.push(await measure(pod, policies));
  }
} finally {
  await pod.close();
}
console.log(table(POLICIES.map(rowOf)));
console.log(`medians of ${REPETITIONS}; load of the machine ${loadavg()[0]?.toFixed(1)}`);
process.exit(starts.every(({ readyMillis }) => readyMillis > 0) ? 0 : 1);

async function measure(pod: Pod, policies: number): Promise<Start> {
  const document = pod.operator.document(
    Array.from({ length: policies }, (_, at) => spec(pod, at)),
  );
  const jws = await pod.operator.sign(document);
  await pod.mount(jws);
  pod.operator.publish(jws);
  const nodeMillis = await bareNodeMillis();
  const began = performance.now();
  const child = pod.launch();
  const readyMillis = await firstAnswerMillis(`${pod.adminUrl}/startupz`, began);
  await delay(SETTLE_MS);
  const idleMiB = residentMiB(child.pid);
  await callMany(pod);
  const busyMiB = residentMiB(child.pid);
  await child.stop();
  return { policies, readyMillis, ratio: readyMillis / nodeMillis, idleMiB, busyMiB };
}

/** From exec to the end of a program that does nothing. */
async function bareNodeMillis(): Promise<number> {
  const began = performance.now();
  await once(spawn(process.execPath, ['--eval', '0'], { stdio: 'ignore' }), 'exit');
  return performance.now() - began;
}

function spec(pod: Pod, at: number): McpGatewayPolicy['spec'] {
  return {
    ...pod.spec([
      { name: `read-${at}`, effect: 'Allow', match: { tools: ['echo', 'get_*', `tool_${at}`] } },
      {
        ...{ name: `never-${at}`, effect: 'Deny', match: { tools: ['drop_*', `wipe_${at}`] } },
        when: [`args.force == true && args.count > ${at}`],
      },
    ]),
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

function rowOf(policies: number): TableRow {
  const own = starts.filter((start) => start.policies === policies);
  const middle = (figure: (start: Start) => number) => median(own.map(figure));
  return {
    'Policies over the workload': policies,
    'exec to /startupz': `${Math.round(middle(({ readyMillis }) => readyMillis))} ms`,
    'to Node alone': `${middle(({ ratio }) => ratio).toFixed(1)}x`,
    'Memory, idle': `${Math.round(middle(({ idleMiB }) => idleMiB))} MiB`,
    [`after ${CALLS} calls`]: `${Math.round(middle(({ busyMiB }) => busyMiB))} MiB`,
  };
}
