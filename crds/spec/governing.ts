// What a policy of a namespace and a baseline of the cluster can both say: who may do what.

import { Type } from 'typebox';
import { KUBERNETES_ISSUER } from '../names.ts';
import { type Check, namedList } from '../schema.ts';
import { ApprovalSchema } from './approvals.ts';
import { EvidenceSchema } from './evidence.ts';
import { IdentitySchema } from './identity.ts';
import { LimitsSchema } from './limits.ts';
import { MaskingSchema } from './masking.ts';
import { NotificationSchema } from './notifications.ts';
import { RuleSchema } from './rules.ts';

/** A policy that lists no issuer leaves them to the policies it joins, where the names are checked. */
const HAS_ISSUERS = 'has(self.identity) && has(self.identity.issuers)';

function isTold(people: string): string {
  return `has(${people}.issuer) || !(${HAS_ISSUERS}) || size(self.identity.issuers) <= 1`;
}

function isIssuer(name: string): string {
  return `!(${HAS_ISSUERS}) || self.identity.issuers.exists(i, i.name == ${name})`;
}

/** What the parts of a spec that speak of people must say together. */
export const RULE_CHECKS: readonly Check[] = [
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

/** `rules` documents what holds where none are given. */
export function governingFields(rules: string) {
  return {
    identity: Type.Optional(IdentitySchema),
    rules: Type.Optional(namedList(RuleSchema, { doc: rules, maxItems: 128 })),
    approvals: Type.Optional(
      namedList(ApprovalSchema, { doc: 'How calls that wait are decided.', maxItems: 32 }),
    ),
    masking: Type.Optional(
      namedList(MaskingSchema, { doc: 'What is hidden before it leaves.', maxItems: 64 }),
    ),
    evidence: Type.Optional(EvidenceSchema),
    limits: Type.Optional(LimitsSchema),
    notifications: Type.Optional(
      namedList(NotificationSchema, { doc: 'Who is told.', maxItems: 16 }),
    ),
  };
}
