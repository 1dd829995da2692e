// From a verified token to someone who may decide at all: a human, signed in just now, with a token
// made for approvals and for nothing an agent could hold. What they may decide: separation.ts.

import type { Principal } from '#core/identity/principal.ts';
import { readAudiences } from '#core/identity/token-claims.ts';
import { KUBERNETES_ISSUER } from '#crds/names.ts';
import type { Identity } from './identity.ts';

declare const PROVEN: unique symbol;

/** Only `readApprover` makes one, so no vote can be cast on an unchecked token. */
export interface Approver extends Identity {
  /** As the token says, so at the time of the vote. */
  readonly groups: readonly string[];
  readonly [PROVEN]: true;
}

export interface ApproverRules {
  /** `spec.identity.approvalAudience`. */
  readonly audience: string;
  /** Every audience that opens an MCP server: a token with one of these is an agent's token. */
  readonly mcpAudiences: readonly string[];
  /** Where not all of those can be known: a token with any other audience is refused. */
  readonly isAudienceAlone?: boolean;
  /** Default: 15 minutes. */
  readonly maxSignInAgeSeconds?: number;
  /** How far the issuer's clock may be ahead of ours. Default: 30. */
  readonly clockSkewSeconds?: number;
}

export const APPROVER_REFUSALS = [
  'audience_wrong',
  'agent_token',
  'person_missing',
  'sign_in_unknown',
  'sign_in_stale',
] as const;
export type ApproverRefusal = (typeof APPROVER_REFUSALS)[number];

export type ReadApprover =
  | { readonly ok: true; readonly approver: Approver }
  /** `reason` names the claim and what to do, never a value. */
  | { readonly ok: false; readonly code: ApproverRefusal; readonly reason: string };

export const MAX_SIGN_IN_AGE_SECONDS = 15 * 60;
const CLOCK_SKEW_SECONDS = 30;

/** `principal` comes from a TokenVerifier: signature, issuer and expiry hold already. */
export function readApprover(
  principal: Principal,
  rules: ApproverRules,
  nowSeconds: number,
): ReadApprover {
  const { issuer, subject, person, groups } = principal;
  const refusal =
    audienceRefusal(principal, rules) ??
    agentRefusal(principal) ??
    signInRefusal(principal, rules, nowSeconds);
  if (refusal !== undefined) return refusal;
  if (person === undefined || person.trim() === '') {
    return refuse(
      'person_missing',
      'the token lacks the verified person claim that the policy names for its issuer',
    );
  }
  return { ok: true, approver: { issuer, subject, person, groups } as Approver };
}

/** A verifier accepts what the policy lists per issuer too, and that would let an MCP token in. */
function audienceRefusal({ claims }: Principal, rules: ApproverRules) {
  const audiences = readAudiences(claims);
  if (!audiences.ok || !audiences.value.includes(rules.audience)) {
    return refuse('audience_wrong', 'aud: the token is not for approvals; sign in for approvals');
  }
  const forMcp = audiences.value.some((audience) => rules.mcpAudiences.includes(audience));
  if (forMcp) {
    return refuse(
      'audience_wrong',
      'aud: the token opens an MCP server too; ask for approvals alone',
    );
  }
  const isShared = audiences.value.some((audience) => audience !== rules.audience);
  return rules.isAudienceAlone === true && isShared
    ? refuse('audience_wrong', 'aud: the token is for others too; ask for approvals alone')
    : undefined;
}

function agentRefusal({ actors, claims, issuerName }: Principal) {
  if (issuerName === KUBERNETES_ISSUER) {
    return refuse(
      'agent_token',
      'iss: a ServiceAccount is no person; an approver signs in in person',
    );
  }
  return actors.length > 0 || Object.hasOwn(claims, 'act')
    ? refuse(
        'agent_token',
        'act: somebody else acts with this token; an approver signs in in person',
      )
    : undefined;
}

function signInRefusal({ claims }: Principal, rules: ApproverRules, nowSeconds: number) {
  const maxAge = rules.maxSignInAgeSeconds ?? MAX_SIGN_IN_AGE_SECONDS;
  const at = Object.hasOwn(claims, 'auth_time') ? claims.auth_time : undefined;
  if (typeof at !== 'number' || !Number.isFinite(at)) {
    return refuse(
      'sign_in_unknown',
      `auth_time: is missing; sign in with max_age=${maxAge}, so that the token says when you did`,
    );
  }
  const ageSeconds = nowSeconds - at;
  if (ageSeconds < -(rules.clockSkewSeconds ?? CLOCK_SKEW_SECONDS)) {
    return refuse('sign_in_unknown', 'auth_time: is in the future');
  }
  return ageSeconds > maxAge
    ? refuse('sign_in_stale', `auth_time: you signed in over ${maxAge} seconds ago; sign in again`)
    : undefined;
}

function refuse(code: ApproverRefusal, reason: string): ReadApprover & { readonly ok: false } {
  return { ok: false, code, reason };
}
