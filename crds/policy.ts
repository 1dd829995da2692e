// McpGatewayPolicy v1alpha1: the one document people write. From this schema come the static types,
// the CRD (crds/crd.ts), the reference page (crds/reference.ts) and the validation of files.

import { Type } from 'typebox';
import { API_VERSION, POLICY_KIND } from './names.ts';
import { type Check, choice, flag, type Immutable, list, map, object, text } from './schema.ts';
import type { ApprovalSchema } from './spec/approvals.ts';
import { objectName } from './spec/common.ts';
import type { EvidenceSchema } from './spec/evidence.ts';
import { governingFields, RULE_CHECKS } from './spec/governing.ts';
import type { IdentitySchema, IssuerSchema, UpstreamSchema } from './spec/identity.ts';
import type { LimitsSchema } from './spec/limits.ts';
import type { MaskingSchema } from './spec/masking.ts';
import type { NotificationSchema } from './spec/notifications.ts';
import type { RuleSchema, SubjectsSchema } from './spec/rules.ts';
import { SelectorSchema, TargetRefSchema } from './spec/selection.ts';
import { ServerSchema } from './spec/server.ts';
import { StatusSchema } from './spec/status.ts';
import { ToolsSchema } from './spec/tools.ts';

const SPEC_CHECKS: readonly Check[] = [
  {
    holds: '!(has(self.selector) && has(self.targetRefs))',
    message: 'must not be given together with selector',
    field: 'targetRefs',
  },
  {
    holds: "!has(self.observe) || (has(self.mode) && self.mode == 'Observe')",
    message: 'must be given only with mode Observe',
    field: 'observe',
  },
  ...RULE_CHECKS,
];

export const SpecSchema = object(
  {
    selector: Type.Optional(SelectorSchema),
    targetRefs: Type.Optional(
      list(TargetRefSchema, {
        doc: 'Selects workloads of this namespace by name, instead of `selector`. Ignored outside a cluster.',
        maxItems: 16,
      }),
    ),
    mode: Type.Optional(
      choice(['Enforce', 'Observe'], {
        doc: 'Enforce: what is denied does not happen. Observe: it happens, and the record says what Enforce would have done; callers without a valid token are then `anonymous`. Evidence is needed in both.',
        default: 'Enforce',
      }),
    ),
    observe: Type.Optional(
      object(
        {
          mask: Type.Optional(
            flag({
              doc: 'Whether masking is applied, not only computed and recorded.',
              default: false,
            }),
          ),
        },
        { doc: 'Only with mode Observe.' },
      ),
    ),
    server: Type.Optional(ServerSchema),
    ...governingFields(
      'What each principal may do. Their order never matters. Without rules nothing is allowed but the handshake and empty lists.',
    ),
    tools: Type.Optional(ToolsSchema),
  },
  { doc: 'What is governed, who may do what, and what is kept of it.', checks: SPEC_CHECKS },
);

/** Fields of `metadata` that the API server writes; ignored in a file that was read back from one. */
export const SERVER_OWNED_METADATA: ReadonlySet<string> = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'ownerReferences',
  'finalizers',
  'selfLink',
]);

export const MetadataSchema = object(
  {
    name: objectName('Name of the policy.'),
    namespace: Type.Optional(objectName('Its namespace; outside a cluster only a name.')),
    labels: Type.Optional(
      map(text({ doc: 'A value.', maxLength: 63, minLength: 0 }), {
        doc: 'Labels.',
        maxProperties: 256,
      }),
    ),
    annotations: Type.Optional(
      map(text({ doc: 'A value.', maxLength: 262_144, minLength: 0 }), {
        doc: 'Annotations.',
        maxProperties: 256,
      }),
    ),
  },
  { doc: 'Standard object metadata.' },
);

export const McpGatewayPolicySchema = object(
  {
    apiVersion: choice([API_VERSION], { doc: 'Group and version of this document.' }),
    kind: choice([POLICY_KIND], { doc: 'Kind of this document.' }),
    metadata: MetadataSchema,
    spec: SpecSchema,
    status: Type.Optional(StatusSchema),
  },
  {
    doc: 'Puts the MCP servers it selects behind Gatehouse: who may call them, what needs an approval, what is masked, what is kept as evidence. Several policies on one server join: the strictest decision wins.',
  },
);

export type McpGatewayPolicy = Immutable<Type.Static<typeof McpGatewayPolicySchema>>;
export type McpGatewayPolicySpec = McpGatewayPolicy['spec'];
export type Rule = Immutable<Type.Static<typeof RuleSchema>>;
export type NotificationEvent = NonNullable<NotificationConfig['events']>[number];
export type RuleMatch = NonNullable<Rule['match']>;
export type RuleSubjects = Immutable<Type.Static<typeof SubjectsSchema>>;
export type ServerConfig = Immutable<Type.Static<typeof ServerSchema>>;
export type IdentityConfig = Immutable<Type.Static<typeof IdentitySchema>>;
export type IssuerConfig = Immutable<Type.Static<typeof IssuerSchema>>;
export type UpstreamConfig = Immutable<Type.Static<typeof UpstreamSchema>>;
export type ApprovalConfig = Immutable<Type.Static<typeof ApprovalSchema>>;
export type MaskingConfig = Immutable<Type.Static<typeof MaskingSchema>>;
export type ToolsConfig = Immutable<Type.Static<typeof ToolsSchema>>;
export type EvidenceConfig = Immutable<Type.Static<typeof EvidenceSchema>>;
export type LimitsConfig = Immutable<Type.Static<typeof LimitsSchema>>;
export type NotificationConfig = Immutable<Type.Static<typeof NotificationSchema>>;
export type PolicyStatus = Immutable<Type.Static<typeof StatusSchema>>;
