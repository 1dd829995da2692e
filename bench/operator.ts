// What the operator costs, and how long a policy takes: from `kubectl apply` to the signed document in its
// ConfigMap, with 1, 50 and 500 policies over 500 pods that are objects only. `node bench/operator.ts [POLICIES...]`

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { workloadKey } from '#core/workloads/workload-key.ts';
import { crdOf } from '#crds/crd.ts';
import { KINDS } from '#crds/kinds.ts';
import {
  missingApiServer,
  startApiServer,
  type TestApiServer,
} from '#operator/kube/api-server.fixture.ts';
import { PATHS } from '#operator/kube/paths.ts';
import { sha256Hex } from '#platform/documents/signed-text.ts';
import { startRedis } from '#platform/redis/redis-server.fixture.ts';

const PODS = 500;
const MAX_NAMESPACES = 10;
const CHANGES = 30;
const APPLY = { manager: 'bench', force: true };

interface Shape {
  readonly policies: number;
  readonly namespaces: number;
}

const missing = missingApiServer();
if (missing !== undefined) {
  console.error(missing);
  process.exit(69);
}
const bundle = await bundled();
const wanted = process.argv.slice(2).map(Number);
for (const policies of wanted.length > 0 ? wanted : [1, 50, 500]) {
  await measure({ policies, namespaces: Math.min(MAX_NAMESPACES, policies) });
}

async function measure(shape: Shape): Promise<void> {
  const [api, redis] = await Promise.all([startApiServer(), startRedis()]);
  await fill(api, shape);
  const child = spawn(
    process.execPath,
    [bundle, api.access.url, (await api.access.authorization()) ?? ''],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        GATEHOUSE_NAMESPACE: 'gatehouse',
        GATEHOUSE_POD_NAME: 'bench',
        GATEHOUSE_SIDECAR_IMAGE: 'sidecar',
        GATEHOUSE_REDIRECT_IMAGE: 'tools',
        GATEHOUSE_REDIS: redis.url,
      },
    },
  );
  const began = performance.now();
  const health = String(await firstLine(child)).trim();
  const documents = await untilSettled(api, shape);
  const settledMs = performance.now() - began;
  const times = await timeChanges(api, shape);
  const rss = await residentBytes(health);
  console.log(
    JSON.stringify({
      ...{ ...shape, pods: PODS, documents },
      settledSeconds: Number((settledMs / 1000).toFixed(1)),
      applyToDocumentMs: { p50: at(times, 0.5), p95: at(times, 0.95), max: at(times, 1) },
      residentMiB: Math.round(rss / 1024 / 1024),
    }),
  );
  child.kill('SIGTERM');
  await once(child, 'exit');
  await redis.stop();
  await api.stop();
}

function policyOf(namespace: string, name: string, tool: string) {
  return {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayPolicy',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: { app: name } },
      identity: { issuers: [{ name: 'corp', issuer: 'https://idp.example' }] },
      rules: [
        { name: 'read', effect: 'Allow', match: { tools: ['get_*', tool] } },
        {
          name: 'never',
          effect: 'Deny',
          match: { tools: ['drop_*'] },
          when: ['args.force == true'],
        },
      ],
    },
  };
}

function subjectOf(app: string) {
  return { workload: { kind: 'StatefulSet', name: app }, labels: { app } };
}

async function fill({ client }: TestApiServer, { policies, namespaces }: Shape): Promise<void> {
  for (const custom of KINDS) {
    const crd = crdOf(custom) as { metadata: { name: string } };
    await client.apply(
      `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd.metadata.name}`,
      crd,
      APPLY,
    );
  }
  const names = Array.from({ length: namespaces }, (_, index) => `team-${index}`);
  for (const name of ['gatehouse', ...names]) {
    await client.apply(
      `${PATHS.namespaces}/${name}`,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      APPLY,
    );
  }
  await retried(() => client.list(PATHS.policies, {}));
  const each = policies / namespaces;
  for (const namespace of names) {
    await Promise.all(
      Array.from({ length: each }, (_, index) =>
        retried(() =>
          client.apply(
            PATHS.policy(namespace, `p${index}`),
            policyOf(namespace, `p${index}`, 'a'),
            APPLY,
          ),
        ),
      ),
    );
    for (let index = 0; index < PODS / namespaces; index += 1) {
      const app = `p${index % each}`;
      await client.create(`/api/v1/namespaces/${namespace}/pods`, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: `pod-${index}`,
          labels: {
            app,
            'gatehouse.dev/workload': workloadKey(subjectOf(app), sha256Hex),
            'gatehouse.dev/injected': '0.1.0',
          },
          annotations: { 'gatehouse.dev/status': 'x'.repeat(400) },
          ownerReferences: [
            { apiVersion: 'apps/v1', kind: 'StatefulSet', name: app, uid: app, controller: true },
          ],
        },
        spec: {
          containers: [
            {
              name: 'app',
              image: 'app',
              env: Array.from({ length: 20 }, (_, n) => ({ name: `V${n}`, value: 'value' })),
            },
          ],
        },
      });
    }
  }
}

async function untilSettled({ client }: TestApiServer, { policies }: Shape): Promise<number> {
  for (;;) {
    const { items } = Object(
      await client.list(PATHS.configMaps, {
        labelSelector: 'app.kubernetes.io/managed-by=gatehouse',
      }),
    );
    const found = items.filter(({ metadata }: { metadata: { name: string } }) =>
      metadata.name.startsWith('gatehouse-policy-'),
    );
    if (found.length === policies) return found.length;
    await pause(100);
  }
}

/** From before the request until the ConfigMap holds another document. */
async function timeChanges(
  { client }: TestApiServer,
  { policies, namespaces }: Shape,
): Promise<readonly number[]> {
  await pause(5000);
  const times: number[] = [];
  for (let index = 0; index < CHANGES; index += 1) {
    const namespace = `team-${index % namespaces}`;
    const app = `p${index % (policies / namespaces)}`;
    const path = PATHS.configMap(
      namespace,
      `gatehouse-policy-${workloadKey(subjectOf(app), sha256Hex)}`,
    );
    const version = async () => Object(await client.find(path)).metadata.resourceVersion;
    const before = await version();
    const began = performance.now();
    await client.apply(
      PATHS.policy(namespace, app),
      policyOf(namespace, app, `change-${index}`),
      APPLY,
    );
    while ((await version()) === before) await pause(2);
    times.push(performance.now() - began);
    await pause(50);
  }
  return times.sort((a, b) => a - b);
}

async function residentBytes(health: string): Promise<number> {
  const text = await (await fetch(`${health}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]);
}

async function bundled(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-operator-'));
  const outfile = join(folder, 'operator.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'operator-child.ts')],
    ...{ outfile, bundle: true, platform: 'node', format: 'esm', target: 'node24' },
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
  });
  cpSync(join(import.meta.dirname, '../platform/redis/lua'), join(folder, 'lua'), {
    recursive: true,
  });
  return outfile;
}

async function firstLine(child: ChildProcess): Promise<unknown> {
  const [chunk] = child.stdout === null ? [''] : await once(child.stdout, 'data');
  return chunk;
}

async function retried<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch {
      await pause(200);
    }
  }
}

function at(sorted: readonly number[], share: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
