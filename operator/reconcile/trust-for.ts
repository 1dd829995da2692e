// What policies need to be carried out beyond themselves, from what the operator found in the cluster: pure. What is
// missing is said, and nothing is rendered without it.

import { CA_KEY, listsServiceAccounts } from '#core/policy/issuers.ts';
import { type GoverningPolicy, layerDocument } from '#core/policy/layer-document.ts';
import { bundleName, type ClusterIssuer, type Trust } from '#core/policy/trust.ts';
import type { CaBundleRead } from '#platform/oidc/ca-bundle.ts';
import type { BundlePlace } from '../world/bundles.ts';

/** What is known at this moment. */
export interface Found {
  readonly cluster: ClusterIssuer | undefined;
  readonly bundle: (place: BundlePlace) => CaBundleRead;
  /** Of the operator, where the ConfigMaps of baselines are. */
  readonly ownNamespace: string;
}

export type TrustFor =
  | { readonly ok: true; readonly trust?: Trust }
  | { readonly ok: false; readonly problem: string };

export function trustFor(policies: readonly GoverningPolicy[], found: Found): TrustFor {
  const { cluster } = found;
  const listing = policies.find(listsServiceAccounts);
  if (listing !== undefined && cluster === undefined) {
    return {
      ok: false,
      problem: `policy ${listing.metadata.name} lists ServiceAccounts, and the API server does not say who issues their tokens`,
    };
  }
  const bundles: Record<string, string> = {};
  for (const { policy, issuer, place } of policies.flatMap((each) => named(each, found))) {
    const read = found.bundle(place);
    if (!read.ok) {
      const problem = `in policy ${policy.metadata.name}, issuer ${issuer}: ConfigMap ${place.namespace}/${place.name} ${read.problem}`;
      return { ok: false, problem };
    }
    bundles[bundleName(layerDocument(policy), issuer)] = read.pem;
  }
  const trust: Trust = {
    ...(listing === undefined || cluster === undefined ? {} : { cluster }),
    ...(Object.keys(bundles).length === 0 ? {} : { bundles }),
  };
  return Object.keys(trust).length === 0 ? { ok: true } : { ok: true, trust };
}

/** The ConfigMaps that policies name. */
export function bundlePlaces(
  policies: readonly GoverningPolicy[],
  where: Pick<Found, 'ownNamespace'>,
): readonly BundlePlace[] {
  return policies.flatMap((policy) => named(policy, where).map(({ place }) => place));
}

interface NamedBundle {
  readonly policy: GoverningPolicy;
  readonly issuer: string;
  readonly place: BundlePlace;
}

function named(
  policy: GoverningPolicy,
  { ownNamespace }: Pick<Found, 'ownNamespace'>,
): readonly NamedBundle[] {
  const { namespace = ownNamespace } = policy.metadata;
  return (policy.spec.identity?.issuers ?? []).flatMap(({ name: issuer, caBundleRef }) => {
    if (caBundleRef?.kind !== 'ConfigMap') return [];
    const { name, key = CA_KEY } = caBundleRef;
    return [{ policy, issuer, place: { namespace, name, key } }];
  });
}
