// The kinds that Gatehouse adds to a cluster, each with its schema and the names people call it by.

import type { TSchema } from 'typebox';
import { McpGatewayClusterPolicySchema } from './cluster-policy.ts';
import {
  CLUSTER_POLICY_KIND,
  CLUSTER_POLICY_PLURAL,
  CLUSTER_POLICY_SHORT_NAME,
  CLUSTER_POLICY_SINGULAR,
  POLICY_KIND,
  POLICY_PLURAL,
  POLICY_SHORT_NAME,
  POLICY_SINGULAR,
} from './names.ts';
import { McpGatewayPolicySchema } from './policy.ts';

export interface CustomKind {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortName: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly schema: TSchema;
}

export const KINDS: readonly CustomKind[] = [
  {
    kind: POLICY_KIND,
    plural: POLICY_PLURAL,
    singular: POLICY_SINGULAR,
    shortName: POLICY_SHORT_NAME,
    scope: 'Namespaced',
    schema: McpGatewayPolicySchema,
  },
  {
    kind: CLUSTER_POLICY_KIND,
    plural: CLUSTER_POLICY_PLURAL,
    singular: CLUSTER_POLICY_SINGULAR,
    shortName: CLUSTER_POLICY_SHORT_NAME,
    scope: 'Cluster',
    schema: McpGatewayClusterPolicySchema,
  },
];
