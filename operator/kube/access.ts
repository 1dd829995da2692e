// How the API server is reached and who asks, whatever that was read from (kubeconfig.ts).

export interface ClusterAccess {
  readonly url: string;
  /** PEM; undefined: the public authorities. */
  readonly ca?: string;
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  /** Only for tests against a server that made its own certificate, and where a kubeconfig says so. */
  readonly skipVerify?: boolean;
  /** The header of the moment. */
  authorization(): Promise<string | undefined>;
}

/** Where the API server is, or with what credentials, cannot be found out; the message says what to do. */
export class ClusterAccessFault extends Error {
  override readonly name = 'ClusterAccessFault';
  readonly code = 'cluster_access';
}
