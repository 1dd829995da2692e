// The cluster of bench/operator.ts: policies spread over namespaces, and 500 pods of their workloads that are objects only.

import { workloadKey } from '#core/workloads/workload-key.ts';
import { crdOf } from '#crds/crd.ts';
import { KINDS } from '#crds/kinds.ts';
import type { TestApiServer } from '#operator/kube/api-server.fixture.ts';
import { PATHS } from '#operator/kube/paths.ts';
import { sha256Hex } from '#platform/documents/signed-text.ts';

export interface Shape {
  readonly policies: number;
  readonly namespaces: number;
  readonly pods: number;
  readonly issuer: string;
}

const APPLY = { manager: 'bench', force: true };
/** As much as an ordinary pod says, for what is read of it and thrown away. */
const ENVIRONMENT = Array.from({ length: 20 }, (_, n) => ({ name: `V${n}`, value: 'value' }));

export async function fill({ client }: TestApiServer, shape: Shape): Promise<void> {
  for (const custom of KINDS) {
    const crd = crdOf(custom) as { metadata: { name: string } };
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    await client.apply(`${path}/${crd.metadata.name}`, crd, APPLY);
  }
  const names = Array.from({ length: shape.namespaces }, (_, index) => `team-${index}`);
  for (const name of ['gatehouse', ...names]) {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    await client.apply(`${PATHS.namespaces}/${name}`, namespace, APPLY);
  }
  await retried(() => client.list(PATHS.policies, {}));
  for (const namespace of names) await fillNamespace({ client }, namespace, shape);
}

export async function applyPolicy(
  { client }: Pick<TestApiServer, 'client'>,
  { issuer }: Shape,
  where: { readonly namespace: string; readonly app: string },
  tools: readonly string[],
): Promise<void> {
  const { namespace, app: name } = where;
  const body = {
    apiVersion: 'gatehouse.dev/v1alpha1',
    kind: 'McpGatewayPolicy',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: { app: name } },
      identity: { issuers: [{ name: 'corp', issuer }] },
      rules: [
        { name: 'read', effect: 'Allow', match: { tools } },
        {
          ...{ name: 'never', effect: 'Deny', match: { tools: ['drop_*'] } },
          when: ['args.force == true'],
        },
      ],
      limits: { requestsPerMinute: 1_000_000 },
    },
  };
  await client.apply(PATHS.policy(namespace, name), body, APPLY);
}

/** Of the StatefulSet `app`. */
export function keyOf(app: string): string {
  return workloadKey({ workload: { kind: 'StatefulSet', name: app }, labels: { app } }, sha256Hex);
}

async function fillNamespace(
  { client }: Pick<TestApiServer, 'client'>,
  namespace: string,
  shape: Shape,
): Promise<void> {
  const each = shape.policies / shape.namespaces;
  const metadata = { name: 'app', namespace };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
  await client.apply(`/api/v1/namespaces/${namespace}/serviceaccounts/app`, account, APPLY);
  const apps = Array.from({ length: each }, (_, index) => `p${index}`);
  await Promise.all(
    apps.map((app) => retried(() => applyPolicy({ client }, shape, { namespace, app }, ['get_*']))),
  );
  for (let index = 0; index < shape.pods / shape.namespaces; index += 1) {
    const pod = podOf(`pod-${index}`, `p${index % each}`);
    await client.create(`/api/v1/namespaces/${namespace}/pods`, pod);
  }
}

function podOf(name: string, app: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: {
        app,
        'gatehouse.dev/workload': keyOf(app),
        'gatehouse.dev/injected': '0.1.0',
      },
      annotations: { 'gatehouse.dev/status': 'x'.repeat(400) },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'StatefulSet', name: app, uid: app, controller: true },
      ],
    },
    spec: {
      serviceAccountName: 'app',
      containers: [{ name: 'app', image: 'app', env: ENVIRONMENT }],
      initContainers: [{ name: 'gatehouse', image: 'sidecar', restartPolicy: 'Always' }],
    },
  };
}

/** A new kind is served a moment after it was made. */
async function retried<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
