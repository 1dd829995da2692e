// What issuers are believed by beyond what policies say: found by whoever can look it up, and handed to those who
// verify tokens.

import type { JsonObject } from '#core/mcp/messages.ts';
import type { IssuerConfig } from '#crds/policy.ts';
import type { LayerDocument } from './layer-document.ts';

export interface Trust {
  /** Where a policy lists ServiceAccounts. */
  readonly cluster?: ClusterIssuer;
  /** Certificates as PEM, by `bundleName`. */
  readonly bundles?: Readonly<Record<string, string>>;
}

/** Who issues the tokens of ServiceAccounts, and what they verify with. */
export interface ClusterIssuer {
  readonly issuer: string;
  /** Public keys as JWK. */
  readonly keys: readonly JsonObject[];
}

/** The ServiceAccounts whose tokens are taken. */
export interface ServiceAccountTrust extends ClusterIssuer {
  /** Their subjects. */
  readonly accounts: readonly string[];
  /** Accepted besides the public URLs. */
  readonly audiences: readonly string[];
}

/** An issuer as its tokens are verified. */
export interface IssuerSettings extends IssuerConfig {
  /** Absent: the authorities of the system. */
  readonly caBundle?: CaBundle;
}

export type CaBundle =
  | { readonly kind: 'pem'; readonly text: string }
  /** Mounted into the pod. */
  | { readonly kind: 'secret'; readonly name: string; readonly key: string };

/** Each policy has its own: two of them may mean another object by one name. */
export function bundleName({ metadata }: Pick<LayerDocument, 'metadata'>, issuer: string): string {
  return `${metadata.name}/${issuer}`;
}
