// McpGatewayClusterPolicy v1alpha1: a baseline that the platform team lays under the policies of namespaces.
// They can only tighten it: it is judged beside them, and the strictest decision wins.

import { Type } from 'typebox';
import { API_VERSION, CLUSTER_POLICY_KIND } from './names.ts';
import { MetadataSchema } from './policy.ts';
import { choice, type Immutable, object } from './schema.ts';
import { governingFields, RULE_CHECKS } from './spec/governing.ts';
import { NamespaceSelectorSchema } from './spec/selection.ts';
import { StatusSchema } from './spec/status.ts';

const ClusterSpecSchema = object(
  {
    namespaceSelector: Type.Optional(NamespaceSelectorSchema),
    mode: Type.Optional(
      choice(['Enforce'], {
        doc: 'Enforce: no policy of the selected namespaces can observe only. Absent: each namespace decides.',
      }),
    ),
    ...governingFields(
      'What each principal may do, at most. Deny and RequireApproval rules hold beside those of every namespace. With an Allow rule among them, nothing is allowed that no rule of this baseline allows too; without one, the baseline allows and forbids nothing that its rules do not name.',
    ),
  },
  {
    doc: 'Which namespaces have this baseline, and what holds in all of them.',
    checks: RULE_CHECKS,
  },
);

export const McpGatewayClusterPolicySchema = object(
  {
    apiVersion: choice([API_VERSION], { doc: 'Group and version of this document.' }),
    kind: choice([CLUSTER_POLICY_KIND], { doc: 'Kind of this document.' }),
    metadata: MetadataSchema,
    spec: ClusterSpecSchema,
    status: Type.Optional(StatusSchema),
  },
  {
    doc: 'A baseline for every governed server in the namespaces it selects. Policies of namespaces join it and can only tighten it. Without `identity.issuers` it takes the principals that they take.',
  },
);

export type McpGatewayClusterPolicy = Immutable<Type.Static<typeof McpGatewayClusterPolicySchema>>;
