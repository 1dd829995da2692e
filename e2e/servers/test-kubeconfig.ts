// The kubeconfig of an API server for tests.

import type { ClusterAccess } from '#operator/kube/access.ts';

/** JSON, which is YAML. */
export async function testKubeconfig(access: ClusterAccess): Promise<string> {
  const token = ((await access.authorization()) ?? '').replace('Bearer ', '');
  return JSON.stringify({
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server: access.url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token } }],
  });
}
