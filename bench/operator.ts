// What the operator costs, and how long a policy takes to be in force, with 1, 50 and 500 policies over 500 pods: a real API
// server, a real Redis, a real sidecar. `make build && node bench/operator.ts [POLICIES...]`; BENCH_QUICK=1: only that it works.

import { existsSync, mkdtempSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type OidcProvider, startOidcProvider } from '#e2e/servers/oidc-provider.ts';
import {
  missingApiServer,
  startApiServer,
  type TestApiServer,
} from '#operator/kube/api-server.fixture.ts';
import { PATHS } from '#operator/kube/paths.ts';
import { startRedis } from '#platform/redis/redis-server.fixture.ts';
import { type GovernedPod, startGovernedPod } from './governed-pod.ts';
import { applyPolicy, fill, keyOf, type Shape } from './operator-objects.ts';
import { bundleOperator, startOperatorProcess } from './operator-process.ts';
import { residentMiB } from './process.ts';
import { type TableRow, table } from './table.ts';

const QUICK = process.env.BENCH_QUICK === '1';
const PODS = QUICK ? 10 : 500;
const POLICIES = QUICK ? [1] : [1, 50, 500];
const MAX_NAMESPACES = 10;
const CHANGES = QUICK ? 3 : 30;
const QUIET_MS = QUICK ? 500 : 5000;
const SIDECAR = fileURLToPath(new URL('../dist/sidecar.mjs', import.meta.url));

const missing =
  missingApiServer() ??
  (existsSync(SIDECAR) ? undefined : 'dist/sidecar.mjs is not built (make build)');
if (missing !== undefined) {
  console.error(`bench/operator.ts: ${missing}`);
  process.exit(QUICK ? 0 : 69);
}
const bundle = await bundleOperator(mkdtempSync(join(tmpdir(), 'gatehouse-operator-')));
const provider = await startOidcProvider();
const wanted = process.argv.slice(2).map(Number);
const rows: TableRow[] = [];
for (const policies of wanted.length > 0 ? wanted : POLICIES) {
  const namespaces = Math.min(MAX_NAMESPACES, policies);
  rows.push(await measure({ policies, namespaces, pods: PODS, issuer: provider.issuer }, provider));
  console.error(JSON.stringify(rows.at(-1)));
}
console.log(table(rows));
console.log(`load of the machine ${loadavg()[0]?.toFixed(1)}`);
process.exit(0);

async function measure(shape: Shape, provider: OidcProvider): Promise<TableRow> {
  const [api, redis] = await Promise.all([startApiServer(), startRedis()]);
  await fill(api, shape);
  const began = performance.now();
  const operator = await startOperatorProcess(bundle, api, redis.url);
  await untilSettled(api, shape);
  const settledMs = performance.now() - began;
  await delay(QUIET_MS);
  const documents = await timeDocuments(api, shape);
  const pod = await startGovernedPod({
    ...{ api, provider, bundle: SIDECAR, sidecarPort: operator.sidecarPort },
    ...{ namespace: 'team-0', app: 'p0', pod: 'pod-0' },
  });
  const enforced = await timeEnforcement(api, shape, pod);
  const row = {
    Policies: shape.policies,
    Pods: shape.pods,
    'exec to ready': `${(operator.startMillis / 1000).toFixed(1)} s`,
    'first documents all written': `${(settledMs / 1000).toFixed(1)} s`,
    'apply to document, p50 / p95': percentiles(documents),
    'apply to enforced, p50 / p95': percentiles(enforced),
    'Memory of the operator': `${Math.round(residentMiB(operator.pid))} MiB`,
  };
  await pod.stop();
  await operator.stop();
  await redis.stop();
  await api.stop();
  return row;
}

async function untilSettled({ client }: TestApiServer, { policies }: Shape): Promise<void> {
  const labelSelector = 'app.kubernetes.io/managed-by=gatehouse';
  for (;;) {
    const { items } = Object(await client.list(PATHS.configMaps, { labelSelector }));
    const found = items.filter(({ metadata }: { metadata: { name: string } }) =>
      metadata.name.startsWith('gatehouse-policy-'),
    );
    if (found.length === policies) return;
    await delay(100);
  }
}

/** From before the request until the ConfigMap holds another document. */
async function timeDocuments(api: TestApiServer, shape: Shape): Promise<readonly number[]> {
  const times: number[] = [];
  for (let index = 0; index < CHANGES; index += 1) {
    const namespace = `team-${index % shape.namespaces}`;
    const app = `p${index % (shape.policies / shape.namespaces)}`;
    const path = PATHS.configMap(namespace, `gatehouse-policy-${keyOf(app)}`);
    const version = async () => Object(await api.client.find(path)).metadata.resourceVersion;
    const before = await version();
    const began = performance.now();
    await applyPolicy(api, shape, { namespace, app }, ['get_*', `change_${index}`]);
    while ((await version()) === before) await delay(2);
    times.push(performance.now() - began);
    await delay(50);
  }
  return times;
}

/** From before the request until a client's call ends otherwise than before. */
async function timeEnforcement(
  api: TestApiServer,
  shape: Shape,
  pod: GovernedPod,
): Promise<readonly number[]> {
  const times: number[] = [];
  for (let index = 0; index < CHANGES; index += 1) {
    const isOpening = index % 2 === 0;
    const began = performance.now();
    const tools = isOpening ? ['echo', 'get_*'] : ['get_*'];
    await applyPolicy(api, shape, { namespace: 'team-0', app: 'p0' }, tools);
    while ((await pod.isAllowed()) !== isOpening) await delay(2);
    times.push(performance.now() - began);
    await delay(50);
  }
  return times;
}

function percentiles(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return `${at(0.5)} / ${at(0.95)} ms`;
}
