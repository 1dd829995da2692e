// Whom the console believes, as the policy says at this moment. A visit is only as good as what made it:
// when the issuer or the audience changes, people sign in again.

import type { ApproverRules } from '#core/approvals/approver.ts';
import type { TokenVerifier } from '#core/identity/token-verifier.ts';
import { approverRules } from '#core/policy/approver-rules.ts';
import type { CompiledPolicy } from '#core/policy/compiled.ts';
import type { IssuerSettings } from '#core/policy/trust.ts';

/** What a gateway's snapshot says, or a policy file where a console runs alone. */
export interface Trusted {
  readonly policy: CompiledPolicy;
  readonly verifier: TokenVerifier;
  /** Where MCP clients dial: audiences that approve nothing. */
  readonly publicUrls: readonly string[];
  /** Where nobody can say where all MCP clients dial: a token with any other audience approves nothing. */
  readonly isAudienceAlone?: boolean;
}

/** The rules a token is judged by; undefined where the policy names no audience for approvals. */
export function rulesOf({
  policy,
  publicUrls,
  isAudienceAlone = false,
}: Trusted): ApproverRules | undefined {
  const rules = approverRules(policy, publicUrls);
  return rules === undefined ? undefined : { ...rules, isAudienceAlone };
}

/** By which alone its server is believed, as PEM. Those in a Secret are for the sidecars that it is mounted into. */
export function authoritiesOf({ caBundle }: IssuerSettings): string | undefined {
  return caBundle?.kind === 'pem' ? caBundle.text : undefined;
}

/** Those whose people are asked; where nobody is asked, everyone who can be known. */
export function signInIssuers({ policy }: Trusted): readonly IssuerSettings[] {
  const asked = new Set(
    [...policy.approvals.values()].flatMap(({ terms }) => terms.needs.map(({ issuer }) => issuer)),
  );
  return asked.size === 0
    ? policy.issuers
    : policy.issuers.filter(({ issuer }) => asked.has(issuer));
}

/**
 * Changes whenever a principal of this issuer would have to be proven anew. What else its tokens are taken
 * for is looked at with each decision, and how a policy names it is for people.
 */
export function trustOf({ policy }: Pick<Trusted, 'policy'>, issuer: string): string {
  const config = policy.issuers.find((each) => each.issuer === issuer);
  const { name: _name, audiences: _audiences, ...proof } = config ?? { name: '' };
  return JSON.stringify([policy.approvalAudience, config === undefined ? null : sorted(proof)]);
}

/** Two policies may write the same in another order. */
function sorted(proof: object): readonly (readonly [string, unknown])[] {
  return Object.entries(proof)
    .map(([name, value]) => [name, isObject(value) ? sorted(value) : value] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One way in: an issuer, as some namespaces trust it, for the audience of their approvals. */
export interface WayIn {
  /** What people choose by, where there are several. */
  readonly name: string;
  readonly issuer: IssuerSettings;
  readonly rules: ApproverRules;
  readonly trust: string;
}

/** Each sign-in that is good for something, once. */
export function waysIn(
  namespaces: readonly { readonly name: string; readonly trusted: () => Trusted }[],
): readonly WayIn[] {
  const ways = namespaces.flatMap(({ name: namespace, trusted }) => {
    const now = trusted();
    const rules = rulesOf(now);
    if (rules === undefined) return [];
    return signInIssuers(now).map((issuer) => {
      const trust = trustOf(now, issuer.issuer);
      return { name: issuer.name, namespace, issuer, rules, trust };
    });
  });
  const distinct = ways.filter(
    ({ trust }, index) => ways.findIndex((other) => other.trust === trust) === index,
  );
  return distinct.map(({ namespace, ...way }) => {
    const isOnly = distinct.filter(({ name }) => name === way.name).length === 1;
    return isOnly ? way : { ...way, name: `${way.name} (${namespace})` };
  });
}
