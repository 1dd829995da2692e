// What one decision asks of approvers: the rules that ask are looked up, and what they ask for joins,
// each pool of approvers once.

import { ruleDigest } from '#core/approvals/binding.ts';
import type { ApprovalTerms } from '#core/approvals/request.ts';
import { joinTerms } from '#core/approvals/terms.ts';
import type { CompiledPolicy } from './compiled.ts';
import type { RequireApproval } from './decision.ts';

/** What all the rules that ask together ask for. */
export interface AskedApproval {
  readonly terms: ApprovalTerms;
  /** For the binding: changes with any word of any of these rules or of their approvals. */
  readonly digest: string;
  /** Of the first rule that has one. */
  readonly message?: string;
  /** True when any of the rules says so. */
  readonly reapproveOnInput: boolean;
}

/** Undefined when a rule that asks is not of this policy: nothing may be approved under other terms. */
export function askedApproval(
  policy: CompiledPolicy,
  { asks }: RequireApproval,
): AskedApproval | undefined {
  const approvals = asks.flatMap((rule) => policy.approvals.get(rule) ?? []);
  if (approvals.length < asks.length) return undefined;
  const pools = new Map(approvals.map(({ id, terms }) => [id, terms]));
  const [first, ...others] = pools.values();
  if (first === undefined) return undefined;
  const digests = approvals.map(({ digest }) => digest);
  const message = approvals.find((approval) => approval.message !== undefined)?.message;
  return {
    terms: joinTerms(first, ...others),
    digest: digests.length === 1 ? (digests[0] ?? '') : ruleDigest(digests),
    ...(message === undefined ? {} : { message }),
    reapproveOnInput: approvals.some(({ reapproveOnInput }) => reapproveOnInput),
  };
}

/** The terms alone. */
export function approvalTermsFor(
  policy: CompiledPolicy,
  decision: RequireApproval,
): ApprovalTerms | undefined {
  return askedApproval(policy, decision)?.terms;
}
