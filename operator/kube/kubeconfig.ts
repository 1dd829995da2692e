// How the API server is reached from outside: by a kubeconfig, as kubectl reads it. Certificates, tokens and
// the programs that fetch tokens are the business of the Kubernetes project's own client.

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

/** Rejects with ClusterAccessFault; its message says what to do. */
export async function kubeconfigAccess(choice: KubeconfigChoice): Promise<KubeconfigAccess> {
  const config = load(choice);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined || !URL.canParse(server)) {
    throw new ClusterAccessFault(
      'the kubeconfig names no cluster: give --kubeconfig FILE, or --context NAME of one that does',
    );
  }
  const { ca, cert, key, rejectUnauthorized } = await optionsOf(config);
  return {
    url: new URL(server).origin,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    ...(ca === undefined ? {} : { ca: pem(ca) }),
    ...(cert === undefined || key === undefined
      ? {}
      : { clientCertificate: { cert: pem(cert), key: pem(key) } }),
    ...(rejectUnauthorized === false ? { skipVerify: true } : {}),
    authorization: async () => {
      const { headers = {} } = await optionsOf(config);
      const { Authorization: header } = headers as Readonly<Record<string, unknown>>;
      return typeof header === 'string' ? header : undefined;
    },
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

async function optionsOf(config: KubeConfig): Promise<RequestOptions> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (cause) {
    throw new ClusterAccessFault('the credentials of the kubeconfig cannot be had', { cause });
  }
  return options;
}

/** PEM is text; the client hands over bytes. */
function pem(value: unknown): string {
  return [value].flat().map(String).join('\n');
}
