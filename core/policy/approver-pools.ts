// What is known of the people of an approval before anybody asks: where they are named one by one, whether
// enough of them are left when those who can never decide are not counted. Who is in a group, only the
// directory knows.

import { APPROVAL } from '#crds/defaults.ts';
import type { ApprovalConfig, Rule } from '#crds/policy.ts';
import type { PolicyProblem } from './findings.ts';
import type { LayerDocument } from './layer-document.ts';

/** Rules for named people alone, none of whom could ever be granted what they ask for. */
export function findHopelessRules(
  { spec }: LayerDocument,
  document: number,
): readonly PolicyProblem[] {
  const approvals = spec.approvals ?? [];
  return (spec.rules ?? []).flatMap((rule) => {
    const at = approvals.findIndex(({ name }) => name === rule.approval);
    const approval = approvals[at];
    return approval !== undefined && isHopeless(rule, approval)
      ? [
          {
            document,
            path: `spec.approvals[${at}].approvers.subjects`,
            message: `cannot approve what rule ${rule.name} asks for: of each person that it names, too few others are left for the quorum; nobody decides about themselves`,
          },
        ]
      : [];
  });
}

function isHopeless(
  { effect, subjects }: Rule,
  { approvers, quorum = APPROVAL.quorum }: ApprovalConfig,
) {
  const requesters = subjects?.subjects ?? [];
  const isTold = approvers.groups === undefined && requesters.length > 0;
  // People of another issuer have names of their own; only one that both leave unsaid is the same.
  if (effect !== 'RequireApproval' || !isTold || approvers.issuer !== subjects?.issuer)
    return false;
  const named = approvers.subjects ?? [];
  return requesters.every((one) => named.filter((each) => each !== one).length < quorum);
}

/** Nobody decides about themselves: a pool without one to spare lets none of its own people ask. */
export function findTightPools(
  { spec }: LayerDocument,
  document: number,
): readonly PolicyProblem[] {
  return (spec.approvals ?? []).flatMap(({ approvers, quorum = APPROVAL.quorum }, at) =>
    approvers.groups === undefined && approvers.subjects?.length === quorum
      ? [
          {
            document,
            path: `spec.approvals[${at}].approvers.subjects`,
            message: 'are just as many as it takes: what one of them asks for can never be granted',
          },
        ]
      : [],
  );
}

/** Whoever breaks glass cannot review it. */
export function findUnreviewable(
  { spec }: LayerDocument,
  document: number,
): readonly PolicyProblem[] {
  return (spec.approvals ?? []).flatMap(({ approvers, breakGlass }, at) => {
    const [only, ...others] = approvers.subjects ?? [];
    const isAlone = approvers.groups === undefined && others.length === 0 && only !== undefined;
    return isAlone && breakGlass?.subjects?.includes(only) === true
      ? [
          {
            document,
            path: `spec.approvals[${at}].breakGlass.subjects`,
            message:
              'hold the only approver: nobody could review what they let go on, which blocks further break-glass after 24 hours',
          },
        ]
      : [];
  });
}
