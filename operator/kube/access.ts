// How the API server is reached and who asks: from inside the cluster, by what every pod is given. The token
// is replaced about every hour, so it is read again within a minute.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface ClusterAccess {
  readonly url: string;
  /** PEM; undefined: the public authorities. */
  readonly ca?: string;
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  /** Only for tests against a server that made its own certificate. */
  readonly skipVerify?: boolean;
  /** The header of the moment. */
  authorization(): Promise<string | undefined>;
}

/** Not in a cluster, or not whole. */
export class ClusterAccessFault extends Error {
  override readonly name = 'ClusterAccessFault';
  readonly code = 'cluster_access';
}

const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
const TOKEN_MS = 60_000;

export interface InClusterEnvironment {
  readonly KUBERNETES_SERVICE_HOST?: string | undefined;
  readonly KUBERNETES_SERVICE_PORT?: string | undefined;
}

/** Rejects with ClusterAccessFault outside a pod. `nowMillis` is a monotonic clock. */
export async function inClusterAccess(
  environment: InClusterEnvironment,
  nowMillis: () => number,
  folder = FOLDER,
): Promise<ClusterAccess> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  if (!host || !port) {
    throw new ClusterAccessFault(
      'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: the operator runs in a pod of the cluster',
    );
  }
  const ca = await readServiceAccount(folder, 'ca.crt');
  let token = { text: await readServiceAccount(folder, 'token'), atMillis: nowMillis() };
  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca,
    authorization: async () => {
      if (nowMillis() - token.atMillis > TOKEN_MS) {
        token = { text: await readServiceAccount(folder, 'token'), atMillis: nowMillis() };
      }
      return `Bearer ${token.text.trim()}`;
    },
  };
}

async function readServiceAccount(folder: string, name: string): Promise<string> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (cause) {
    throw new ClusterAccessFault(
      `${join(folder, name)} cannot be read: the pod needs a ServiceAccount with automountServiceAccountToken`,
      { cause },
    );
  }
}
