// What policies need to be carried out beyond themselves, from what the operator found in the cluster: pure. What is
// missing is said, and nothing is rendered without it.

import { listsServiceAccounts } from '#core/policy/issuers.ts';
import type { GoverningPolicy } from '#core/policy/layer-document.ts';
import type { ClusterIssuer, Trust } from '#core/policy/trust.ts';

/** What is known at this moment. */
export interface Found {
  readonly cluster: ClusterIssuer | undefined;
}

export type TrustFor =
  | { readonly ok: true; readonly trust?: Trust }
  | { readonly ok: false; readonly problem: string };

export function trustFor(policies: readonly GoverningPolicy[], { cluster }: Found): TrustFor {
  const listing = policies.find(listsServiceAccounts);
  if (listing === undefined) return { ok: true };
  return cluster === undefined
    ? {
        ok: false,
        problem: `policy ${listing.metadata.name} lists ServiceAccounts, and the API server does not say who issues their tokens`,
      }
    : { ok: true, trust: { cluster } };
}
