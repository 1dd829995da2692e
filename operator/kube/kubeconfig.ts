// How the API server is reached: from a pod by what every pod is given, from outside by a kubeconfig, as kubectl
// reads it. Where those are, and what keeps their credentials fresh, is the Kubernetes project's own client's business.

import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { type ClusterAccess, ClusterAccessFault } from './access.ts';

export interface KubeconfigChoice {
  /** Undefined: as kubectl, KUBECONFIG or ~/.kube/config, else that of the pod. */
  readonly file?: string | undefined;
  readonly context?: string | undefined;
}

export interface KubeconfigAccess extends ClusterAccess {
  /** The namespace of the context. */
  readonly namespace: string;
}

/** What every pod is told; the client reads it itself, from the process. */
export interface PodEnvironment {
  readonly KUBERNETES_SERVICE_HOST?: string | undefined;
  readonly KUBERNETES_SERVICE_PORT?: string | undefined;
}

/** Of the pod that this runs in; rejects with ClusterAccessFault elsewhere. `root` is put before the paths, for tests. */
export async function podAccess(environment: PodEnvironment, root = ''): Promise<ClusterAccess> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  if (!host || !port) throw new ClusterAccessFault(OUTSIDE);
  const config = new KubeConfig();
  config.loadFromCluster(root);
  return accessOf(config, {
    noCluster: OUTSIDE,
    noCredentials:
      'ca.crt and token of the ServiceAccount cannot be read: the pod needs one, with automountServiceAccountToken',
  });
}

/** Rejects with ClusterAccessFault; its message says what to do. */
export async function kubeconfigAccess(choice: KubeconfigChoice): Promise<KubeconfigAccess> {
  const config = load(choice);
  const access = await accessOf(config, {
    noCluster:
      'the kubeconfig names no cluster: give --kubeconfig FILE, or --context NAME of one that does',
    noCredentials: 'the credentials of the kubeconfig cannot be had',
  });
  const { namespace = 'default' } = config.getContextObject(config.getCurrentContext()) ?? {};
  return { ...access, namespace };
}

const OUTSIDE =
  'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: the operator runs in a pod of the cluster';

/** What to say when it is not there. */
interface Wanting {
  readonly noCluster: string;
  readonly noCredentials: string;
}

async function accessOf(config: KubeConfig, wanting: Wanting): Promise<ClusterAccess> {
  const server = config.getCurrentCluster()?.server;
  if (server === undefined || !URL.canParse(server)) {
    throw new ClusterAccessFault(wanting.noCluster);
  }
  const header = async () => authorizationIn(await optionsOf(config, wanting));
  const { ca, cert, key, rejectUnauthorized } = await optionsOf(config, wanting);
  return {
    url: new URL(server).origin,
    ...(ca === undefined ? {} : { ca: pem(ca) }),
    ...(cert === undefined || key === undefined
      ? {}
      : { clientCertificate: { cert: pem(cert), key: pem(key) } }),
    ...(rejectUnauthorized === false ? { skipVerify: true } : {}),
    authorization: header,
  };
}

function load({ file, context }: KubeconfigChoice): KubeConfig {
  const config = new KubeConfig();
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (cause) {
    throw new ClusterAccessFault(
      `--kubeconfig: ${file ?? 'the one that kubectl would use'} cannot be read`,
      { cause },
    );
  }
  if (context === undefined) return config;
  if (config.getContextObject(context) === null) {
    throw new ClusterAccessFault(`--context: the kubeconfig has none of this name`);
  }
  config.setCurrentContext(context);
  return config;
}

/** The files and programs are asked as often as the client thinks that they must be. */
async function optionsOf(config: KubeConfig, { noCredentials }: Wanting): Promise<RequestOptions> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (cause) {
    throw new ClusterAccessFault(noCredentials, { cause });
  }
  return options;
}

function authorizationIn({ headers = {} }: RequestOptions): string | undefined {
  const { Authorization: header } = headers as Readonly<Record<string, unknown>>;
  // A token file may end with a newline, which no header can.
  return typeof header === 'string' ? header.trim() : undefined;
}

/** PEM is text; the client hands over bytes. */
function pem(value: unknown): string {
  return [value].flat().map(String).join('\n');
}
