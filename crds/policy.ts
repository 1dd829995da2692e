// McpGatewayPolicy v1alpha1: the one document people write. From this schema come the static types,
// the CRD (crds/crd.ts), the reference page (crds/reference.ts) and the validation of files.

import { Type } from 'typebox';
import { API_VERSION, KUBERNETES_ISSUER, POLICY_KIND } from './names.ts';
import {
  type Check,
  choice,
  flag,
  type Immutable,
  list,
  map,
  namedList,
  object,
  text,
} from './schema.ts';
import { ApprovalSchema } from './spec/approvals.ts';
import { objectName } from './spec/common.ts';
import { EvidenceSchema } from './spec/evidence.ts';
import { IdentitySchema, type IssuerSchema, type UpstreamSchema } from './spec/identity.ts';
import { LimitsSchema } from './spec/limits.ts';
import { MaskingSchema } from './spec/masking.ts';
import { NotificationSchema } from './spec/notifications.ts';
import { RuleSchema, type SubjectsSchema } from './spec/rules.ts';
import { SelectorSchema, TargetRefSchema } from './spec/selection.ts';
import { ServerSchema } from './spec/server.ts';
import { StatusSchema } from './spec/status.ts';
import { ToolsSchema } from './spec/tools.ts';

/** A policy that lists no issuer leaves them to the policies it joins, where the names are checked. */
const HAS_ISSUERS = 'has(self.identity) && has(self.identity.issuers)';

function isTold(people: string): string {
  return `has(${people}.issuer) || !(${HAS_ISSUERS}) || size(self.identity.issuers) <= 1`;
}

function isIssuer(name: string): string {
  return `!(${HAS_ISSUERS}) || self.identity.issuers.exists(i, i.name == ${name})`;
}

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
  {
    holds:
      '!has(r.approval) || (has(self.approvals) && self.approvals.exists(a, a.name == r.approval))',
    message: 'must be the name of an entry of spec.approvals',
    each: { list: 'rules', as: 'r' },
    field: 'approval',
  },
  {
    holds: `!has(r.subjects) || ${isTold('r.subjects')}`,
    message: 'must be given, since spec.identity.issuers lists more than one',
    each: { list: 'rules', as: 'r' },
    field: 'subjects.issuer',
  },
  {
    holds: `!has(r.subjects) || !has(r.subjects.issuer) || (has(self.identity) && has(self.identity.serviceAccounts) && r.subjects.issuer == '${KUBERNETES_ISSUER}') || ${isIssuer('r.subjects.issuer')}`,
    message: `must be the name of an entry of spec.identity.issuers (or ${KUBERNETES_ISSUER}, with serviceAccounts)`,
    each: { list: 'rules', as: 'r' },
    field: 'subjects.issuer',
  },
  ...['approvers', 'breakGlass'].flatMap((people): readonly Check[] => [
    {
      holds: `!has(a.${people}) || ${isTold(`a.${people}`)}`,
      message: 'must be given, since spec.identity.issuers lists more than one',
      each: { list: 'approvals', as: 'a' },
      field: `${people}.issuer`,
    },
    {
      holds: `!has(a.${people}) || !has(a.${people}.issuer) || ${isIssuer(`a.${people}.issuer`)}`,
      message: 'must be the name of an entry of spec.identity.issuers',
      each: { list: 'approvals', as: 'a' },
      field: `${people}.issuer`,
    },
  ]),
  {
    holds:
      '!has(a.notify) || (has(self.notifications) && a.notify.all(n, self.notifications.exists(x, x.name == n)))',
    message: 'must hold only names of entries of spec.notifications',
    each: { list: 'approvals', as: 'a' },
    field: 'notify',
  },
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
    identity: Type.Optional(IdentitySchema),
    rules: Type.Optional(
      namedList(RuleSchema, {
        doc: 'What each principal may do. Their order never matters. Without rules nothing is allowed but the handshake and empty lists.',
        maxItems: 128,
      }),
    ),
    approvals: Type.Optional(
      namedList(ApprovalSchema, { doc: 'How calls that wait are decided.', maxItems: 32 }),
    ),
    masking: Type.Optional(
      namedList(MaskingSchema, { doc: 'What is hidden before it leaves.', maxItems: 64 }),
    ),
    tools: Type.Optional(ToolsSchema),
    evidence: Type.Optional(EvidenceSchema),
    limits: Type.Optional(LimitsSchema),
    notifications: Type.Optional(
      namedList(NotificationSchema, { doc: 'Who is told.', maxItems: 16 }),
    ),
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

const MetadataSchema = object(
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
