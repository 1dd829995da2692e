// ServiceAccounts of the cluster as callers: from the claims of a token whose signature holds to the principal, or to the
// reason why there is none. Only projected tokens count, and only of accounts that policy lists.

import { isObject, type JsonObject, type JsonValue, memberOf } from '#core/mcp/messages.ts';
import { KUBERNETES_ISSUER, OPERATOR_AUDIENCE } from '#crds/names.ts';
import { type ClaimRead, isIdentityText } from './claim-path.ts';
import type { Principal } from './principal.ts';
import { readAudiences } from './token-claims.ts';

/** The subject of its tokens. */
export function serviceAccountSubject({
  namespace,
  name,
}: {
  readonly namespace: string;
  readonly name: string;
}): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

export interface ServiceAccountRules {
  readonly issuer: string;
  /** Subjects. */
  readonly accounts: readonly string[];
}

/** `exp` is read, not judged. Such a principal has no groups and no scopes, acts for nobody and is no person. */
export function readServiceAccount(
  claims: JsonObject,
  { issuer, accounts }: ServiceAccountRules,
): ClaimRead<Principal> {
  const subject = memberOf(claims, 'sub');
  if (!isIdentityText(subject)) return refuse('sub: is missing; it names the ServiceAccount');
  const bound = boundSubject(memberOf(claims, 'kubernetes.io'));
  if (bound === undefined) {
    return refuse('kubernetes.io: is missing or incomplete; use a projected token');
  }
  if (bound !== subject) return refuse('sub: differs from the ServiceAccount in kubernetes.io');
  if (!accounts.includes(subject)) return refuse('sub: is a ServiceAccount that no policy lists');
  const audiences = readAudiences(claims);
  if (!audiences.ok) return audiences;
  if (audiences.value.includes(OPERATOR_AUDIENCE)) {
    return refuse('aud: is for the operator of Gatehouse, and for nobody else');
  }
  const expiresAt = memberOf(claims, 'exp');
  if (typeof expiresAt !== 'number') return refuse('exp: is missing');
  return {
    ok: true,
    value: {
      ...{ issuer, issuerName: KUBERNETES_ISSUER, subject },
      ...{ actors: [], groups: [], scopes: [], claims },
      expiresAtSeconds: Math.floor(expiresAt),
    },
  };
}

/** Tokens that never expire, from a Secret of their own, have no such claim. */
function boundSubject(bound: JsonValue | undefined): string | undefined {
  if (!isObject(bound)) return undefined;
  const namespace = memberOf(bound, 'namespace');
  const account = memberOf(bound, 'serviceaccount');
  if (!isObject(account) || !isIdentityText(memberOf(account, 'uid'))) return undefined;
  const name = memberOf(account, 'name');
  return isIdentityText(namespace) && isIdentityText(name)
    ? serviceAccountSubject({ namespace, name })
    : undefined;
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
