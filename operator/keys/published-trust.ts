// The public halves that an auditor needs, where whoever may read ConfigMaps of the operator's namespace finds
// them: no auditor should have to read a Secret.

import type { KubeClient } from '../kube/client.ts';
import { MANAGED_BY, MANAGERS, PATHS } from '../kube/paths.ts';

export const TRUST_CONFIG_MAP = 'gatehouse-trust';
/** PEM blocks, as `--trust` takes them. */
export const TRUST_FILE = 'gatehouse-trust.pub';

export async function publishTrust(
  client: KubeClient,
  namespace: string,
  pems: readonly string[],
): Promise<void> {
  await client.apply(
    PATHS.configMap(namespace, TRUST_CONFIG_MAP),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: TRUST_CONFIG_MAP, namespace, labels: MANAGED_BY },
      data: { [TRUST_FILE]: pems.join('') },
    },
    { manager: MANAGERS.objects, force: true },
  );
}

/** Undefined where nothing is published. */
export async function findTrust(
  client: KubeClient,
  namespace: string,
): Promise<string | undefined> {
  const found = await client.find(PATHS.configMap(namespace, TRUST_CONFIG_MAP));
  const text: unknown = Object(Object(found).data)[TRUST_FILE];
  return typeof text === 'string' && text !== '' ? text : undefined;
}
