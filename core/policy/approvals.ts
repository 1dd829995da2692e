// Compiles what rules ask of approvers: whose word it takes, bound to the words of the policy that say
// so. What a decision asks for is then looked up by its rules (approval-terms.ts).

import { ruleDigest } from '#core/approvals/binding.ts';
import type { ApprovalTerms } from '#core/approvals/request.ts';
import { approvalTerms } from '#core/approvals/terms.ts';
import { KUBERNETES_ISSUER } from '#crds/names.ts';
import type { ApprovalConfig, IssuerConfig, Rule } from '#crds/policy.ts';
import { findHopelessRules, findTightPools, findUnreviewable } from './approver-pools.ts';
import type { CompiledPolicy } from './compiled.ts';
import type { PolicyProblem } from './findings.ts';
import { listsServiceAccounts } from './issuers.ts';
import { isBaseline, type LayerDocument } from './layer-document.ts';

/** What one rule asks for. */
export interface CompiledApproval {
  /** `policy/approval`: rules that name the same one share its approvers. */
  readonly id: string;
  readonly terms: ApprovalTerms;
  /** `ruleDigest` over the rule, its approval and the issuer of the approvers. */
  readonly digest: string;
  /** What the caller is told. */
  readonly message?: string;
  readonly reapproveOnInput: boolean;
}

/** Why approvals cannot be taken for servers at these URLs; undefined when they can. */
export function approvalAudienceProblem(
  { approvalAudience, issuers }: Pick<CompiledPolicy, 'approvalAudience' | 'issuers'>,
  publicUrls: readonly string[],
): string | undefined {
  const forMcp = [...publicUrls, ...issuers.flatMap(({ audiences = [] }) => audiences)];
  return approvalAudience !== undefined && forMcp.some((each) => isSame(each, approvalAudience))
    ? DISTINCT
    : undefined;
}

const DISTINCT =
  'must differ from every audience and public URL of the server: a token for MCP could then approve';
const AUDIENCE_PATH = 'spec.identity.approvalAudience';

export interface ApprovalsCompilation {
  readonly approvals: ReadonlyMap<string, CompiledApproval>;
  readonly approvalAudience?: string;
  readonly problems: readonly PolicyProblem[];
  readonly warnings: readonly PolicyProblem[];
}

/** `issuers` are those of all documents together. */
export function compileApprovals(
  documents: readonly LayerDocument[],
  issuers: readonly IssuerConfig[],
): ApprovalsCompilation {
  const compiled = documents.map((policy, document) => compileDocument(policy, document, issuers));
  const audience = joinAudience(documents, issuers);
  return {
    approvals: new Map(compiled.flatMap(({ approvals }) => approvals)),
    ...(audience.value === undefined ? {} : { approvalAudience: audience.value }),
    problems: [
      ...compiled.flatMap(({ problems }) => problems),
      ...audience.problems,
      ...documents.flatMap(findHopelessRules),
    ],
    warnings: [
      ...documents.flatMap(findPersonless),
      ...documents.flatMap(findAccountsAlone),
      ...documents.flatMap(findTightPools),
      ...documents.flatMap(findUnreviewable),
    ],
  };
}

function compileDocument(
  { metadata, spec }: LayerDocument,
  document: number,
  issuers: readonly IssuerConfig[],
) {
  const problems: PolicyProblem[] = [];
  const terms = new Map<string, readonly [ApprovalConfig, ApprovalTerms]>();
  for (const [at, config] of (spec.approvals ?? []).entries()) {
    const read = approvalTerms(config, issuers);
    if (read.ok) terms.set(config.name, [config, read.terms]);
    else {
      const path = `spec.approvals[${at}]`;
      problems.push(
        ...read.problems.map(({ field, message }) => ({
          document,
          path: `${path}.${field}`,
          message,
        })),
      );
    }
  }
  const approvals = (spec.rules ?? []).flatMap((rule): [string, CompiledApproval][] => {
    const [config, asked] = terms.get(rule.approval ?? '') ?? [];
    if (config === undefined || asked === undefined) return [];
    const approval = { id: `${metadata.name}/${config.name}`, config, terms: asked };
    return [[`${metadata.name}/${rule.name}`, approvalOf(rule, approval, issuers)]];
  });
  return { approvals, problems };
}

interface Asked {
  readonly id: string;
  readonly config: ApprovalConfig;
  readonly terms: ApprovalTerms;
}

function approvalOf(
  rule: Rule,
  { id, config, terms }: Asked,
  issuers: readonly IssuerConfig[],
): CompiledApproval {
  const approvers = issuers.filter(({ issuer }) =>
    terms.needs.some((need) => need.issuer === issuer || need.breakGlass?.issuer === issuer),
  );
  const { message, reapproveOnInput = true } = rule;
  return {
    id,
    terms,
    digest: ruleDigest({ rule, id, approval: config, issuers: approvers }),
    ...(message === undefined ? {} : { message }),
    reapproveOnInput,
  };
}

/** Approvers sign in for one audience, whichever policy asks. */
function joinAudience(documents: readonly LayerDocument[], issuers: readonly IssuerConfig[]) {
  const urls = documents.flatMap(({ spec }) => spec.server?.publicUrls ?? []);
  const problems: PolicyProblem[] = [];
  let first: { readonly value: string; readonly name: string } | undefined;
  for (const [document, { metadata, spec }] of documents.entries()) {
    const value = spec.identity?.approvalAudience;
    const say = (message: string) => problems.push({ document, path: AUDIENCE_PATH, message });
    if (value === undefined) {
      if (spec.approvals !== undefined) say('must be given with spec.approvals: approvers need it');
      continue;
    }
    first ??= { value, name: metadata.name };
    if (value !== first.value) say(`must be as in policy ${first.name}: approvers sign in once`);
    const problem = approvalAudienceProblem({ approvalAudience: value, issuers }, urls);
    if (problem !== undefined) say(problem);
  }
  return { value: first?.value, problems };
}

/** The requester must be a known person too, or nobody could tell them from an approver. */
function findPersonless({ spec }: LayerDocument, document: number): readonly PolicyProblem[] {
  const issuers = spec.identity?.issuers ?? [];
  const asking = (spec.rules ?? []).filter(({ effect }) => effect === 'RequireApproval');
  return issuers.flatMap(({ name, claims }, at) => {
    const isAsked = asking.some(({ subjects }) => [undefined, name].includes(subjects?.issuer));
    return isAsked && claims?.person === undefined
      ? [
          {
            document,
            path: `spec.identity.issuers[${at}].claims.person`,
            message:
              'is missing: calls that need an approval are denied to everyone from this issuer',
          },
        ]
      : [];
  });
}

/** ServiceAccounts are nobody in particular, so none of them can ask. */
function findAccountsAlone(policy: LayerDocument, document: number): readonly PolicyProblem[] {
  const { identity, rules = [] } = policy.spec;
  const isNobodyElse = listsServiceAccounts(policy) && (identity?.issuers ?? []).length === 0;
  // A baseline without issuers is for those of the policies under it.
  const byDefault = isNobodyElse && !isBaseline(policy) ? KUBERNETES_ISSUER : undefined;
  return rules.flatMap(({ effect, subjects }, at) =>
    effect === 'RequireApproval' && (subjects?.issuer ?? byDefault) === KUBERNETES_ISSUER
      ? [
          {
            document,
            path: `spec.rules[${at}].subjects`,
            message:
              'are ServiceAccounts alone, which are no people: whatever the rule matches is denied to them; let the rule allow or deny it, or have people call',
          },
        ]
      : [],
  );
}

/** One slash more or less would be no difference to a person, nor to some issuers. */
function isSame(a: string, b: string): boolean {
  return normal(a) === normal(b);
}

function normal(audience: string): string {
  const text = URL.canParse(audience) ? new URL(audience).href : audience;
  return text.replace(/\/+$/, '').toLowerCase();
}
