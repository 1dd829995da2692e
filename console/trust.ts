// Whom the console believes, as the policy says at this moment. A visit is only as good as what made it:
// when the issuer or the audience changes, people sign in again.

import type { ApproverRules } from '#core/approvals/approver.ts';
import type { TokenVerifier } from '#core/identity/token-verifier.ts';
import { approverRules } from '#core/policy/approver-rules.ts';
import type { CompiledPolicy } from '#core/policy/compiled.ts';
import type { IssuerConfig } from '#crds/policy.ts';

/** What a gateway's snapshot says, or a policy file where a console runs alone. */
export interface Trusted {
  readonly policy: CompiledPolicy;
  readonly verifier: TokenVerifier;
  /** Where MCP clients dial: audiences that approve nothing. */
  readonly publicUrls: readonly string[];
}

/** The rules a token is judged by; undefined where the policy names no audience for approvals. */
export function rulesOf({ policy, publicUrls }: Trusted): ApproverRules | undefined {
  return approverRules(policy, publicUrls);
}

/** Those whose people are asked; where nobody is asked, everyone who can be known. */
export function signInIssuers({ policy }: Trusted): readonly IssuerConfig[] {
  const asked = new Set(
    [...policy.approvals.values()].flatMap(({ terms }) => terms.needs.map(({ issuer }) => issuer)),
  );
  return asked.size === 0
    ? policy.issuers
    : policy.issuers.filter(({ issuer }) => asked.has(issuer));
}

/** Changes whenever a principal of this issuer would have to be proven anew. */
export function trustOf({ policy }: Trusted, issuer: string): string {
  const config = policy.issuers.find((each) => each.issuer === issuer);
  return JSON.stringify([policy.approvalAudience, config]);
}
