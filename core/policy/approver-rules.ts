// Which tokens decide, as the policy says: those for its approval audience, and none that opens an MCP
// server too.

import type { ApproverRules } from '#core/approvals/approver.ts';
import type { CompiledPolicy } from './compiled.ts';

/** `publicUrls` are where MCP clients dial. Undefined where no policy names an audience for approvals. */
export function approverRules(
  { approvalAudience: audience, issuers }: Pick<CompiledPolicy, 'approvalAudience' | 'issuers'>,
  publicUrls: readonly string[],
): ApproverRules | undefined {
  if (audience === undefined) return undefined;
  const listed = issuers.flatMap(({ audiences = [] }) => audiences);
  return { audience, mcpAudiences: [...publicUrls, ...listed] };
}
