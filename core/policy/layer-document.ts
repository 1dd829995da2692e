// A policy document as compilation reads it. A baseline of the cluster differs in three ways: it has a name
// that no policy of a namespace can take, it may leave issuers to the others, and without Allow rules it caps nothing.

import type { McpGatewayClusterPolicy } from '#crds/cluster-policy.ts';
import { CLUSTER_POLICY_KIND } from '#crds/names.ts';
import type { McpGatewayPolicy } from '#crds/policy.ts';

export type GoverningPolicy = McpGatewayPolicy | McpGatewayClusterPolicy;

export interface LayerDocument extends Pick<McpGatewayPolicy, 'metadata' | 'spec'> {
  readonly kind: GoverningPolicy['kind'];
}

/** Names of objects hold no colon, so nobody in a namespace can write in the name of a baseline. */
const BASELINE_PREFIX = 'cluster:';

export function layerDocument({ kind, metadata, spec }: GoverningPolicy): LayerDocument {
  return kind === CLUSTER_POLICY_KIND
    ? { kind, metadata: { ...metadata, name: `${BASELINE_PREFIX}${metadata.name}` }, spec }
    : { kind, metadata, spec };
}

export function isBaseline({ kind }: LayerDocument): boolean {
  return kind === CLUSTER_POLICY_KIND;
}
