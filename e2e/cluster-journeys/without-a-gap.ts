// What must go on without a gap while something is replaced: done again and again, with what failed of it.

import { setTimeout as delay } from 'node:timers/promises';
import type { DemoClient } from '#e2e/demo/clients.ts';
import { KubeClient } from '#operator/kube/client.ts';
import { kubeconfigAccess } from '#operator/kube/kubeconfig.ts';
import { SERVER } from './stage.ts';

export interface Watch {
  stop(): Promise<{ readonly count: number; readonly problems: readonly string[] }>;
}

function again(act: () => Promise<unknown>, pauseMs: number): Watch {
  const problems: string[] = [];
  let count = 0;
  let isOver = false;
  const run = async () => {
    while (!isOver) {
      await act().catch((error: unknown) => problems.push(String(error)));
      count += 1;
      await delay(pauseMs);
    }
  };
  const running = run();
  return {
    stop: async () => {
      isOver = true;
      await running;
      return { count, problems };
    },
  };
}

/** Whether a governed pod could be made at any moment. Nothing is kept of it. */
export function watchAdmission(namespace: string): Watch {
  const access = kubeconfigAccess({});
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'tried', labels: { app: SERVER, 'gatehouse.dev/inject': 'true' } },
    spec: { containers: [{ name: SERVER, image: 'tried', ports: [{ containerPort: 3001 }] }] },
  };
  return again(async () => {
    const client = new KubeClient(await access);
    try {
      const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
      const made = Object(await client.create(path, pod));
      const [first] = made.spec.initContainers ?? [];
      if (first?.name !== 'gatehouse') throw new Error('a pod was let in without its sidecar');
    } finally {
      await client.close();
    }
  }, 50);
}

export function keepCalling(client: DemoClient): Watch {
  return again(async () => {
    const { isError, text } = await client.call('echo', { message: 'hello' });
    if (isError) throw new Error(text);
  }, 50);
}
