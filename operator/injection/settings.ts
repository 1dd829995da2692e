// What the operator knows when it injects: its own settings, and what is asked of it for one pod.

import type { SecretKeyRef } from '#core/policy/credential-source.ts';
import type { ServerConfig } from '#crds/policy.ts';
import type { Texts } from './pod.ts';
import type { Resources } from './tuning.ts';

/** The same for every pod. */
export interface InjectionSettings {
  /** Version of the sidecar, as the value of a label. */
  readonly revision: string;
  readonly sidecarImage: string;
  /** Has `nft`; used with Redirect only. */
  readonly redirectImage: string;
  readonly imagePullPolicy: 'IfNotPresent' | 'Always' | 'Never';
  /** Where sidecars find the operator, with its port. */
  readonly operatorUrl: string;
  readonly consoleUrl?: string;
  readonly otlp?: string;
  readonly allowsPlainHttp?: boolean;
  readonly logLevel?: string;
  /** Where no annotation says otherwise. */
  readonly resources?: Resources;
  readonly drainSeconds?: number;
}

/** A Service of the pod's namespace: NamedPort must know who reaches the pod by number. */
export interface ServiceFacts {
  readonly name: string;
  readonly selector: Texts;
  readonly ports: readonly { readonly port: number; readonly targetPort?: number | string }[];
}

/** What holds for one pod. */
export interface Placement {
  /** Of the policy document that governs the pod. */
  readonly workloadKey: string;
  /** What the policies of the namespace say about the server, joined. */
  readonly server: ServerConfig;
  readonly namespaceLabels: Texts;
  readonly services: readonly ServiceFacts[];
  /** Keys of Secrets that the policies name, in one order. */
  readonly secrets: readonly SecretKeyRef[];
}
