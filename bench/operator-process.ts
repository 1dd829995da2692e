// Starts the operator of bench/operator.ts, bundled as the one in the image is.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { testKubeconfig } from '#e2e/servers/test-kubeconfig.ts';
import type { TestApiServer } from '#operator/kube/api-server.fixture.ts';

export interface OperatorProcess {
  readonly pid: number;
  /** Of what sidecars reach. */
  readonly sidecarPort: number;
  /** From exec until all its ports are open and it is ready. */
  readonly startMillis: number;
  stop(): Promise<void>;
}

export async function bundleOperator(folder: string): Promise<string> {
  const outfile = join(folder, 'operator.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, '../e2e/servers/operator-replica.ts')],
    ...{ outfile, bundle: true, platform: 'node', format: 'esm', target: 'node24' },
    logLevel: 'error',
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
  });
  cpSync(join(import.meta.dirname, '../platform/redis/lua'), join(folder, 'lua'), {
    recursive: true,
  });
  return outfile;
}

export async function startOperatorProcess(
  bundle: string,
  api: TestApiServer,
  redisUrl: string,
): Promise<OperatorProcess> {
  const kubeconfig = `${bundle}.kubeconfig`;
  writeFileSync(kubeconfig, await testKubeconfig(api.access), { mode: 0o600 });
  const began = performance.now();
  const child = spawn(process.execPath, [bundle, kubeconfig], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      GATEHOUSE_NAMESPACE: 'gatehouse',
      GATEHOUSE_POD_NAME: 'bench',
      GATEHOUSE_SIDECAR_IMAGE: 'sidecar',
      GATEHOUSE_REDIRECT_IMAGE: 'tools',
      GATEHOUSE_ALLOW_PLAIN_HTTP: 'true',
      GATEHOUSE_LOG_LEVEL: 'error',
      GATEHOUSE_REDIS: redisUrl,
    },
  });
  const { sidecars } = JSON.parse(await firstLine(child));
  return {
    pid: child.pid ?? 0,
    sidecarPort: sidecars,
    startMillis: performance.now() - began,
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  const [chunk] = stdout === null ? [''] : await once(stdout, 'data');
  return String(chunk);
}
