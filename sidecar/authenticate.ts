// Second stage: who is calling, proven on this very request. A session is no proof.

import type { Principal } from '#core/identity/principal.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Snapshot } from './activation.ts';
import { type Head, only } from './admit-head.ts';

export type Authentication =
  | { readonly kind: 'principal'; readonly principal: Principal }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Observe only: whoever shows no valid token is recorded as this (design section 14, Observe). */
export const ANONYMOUS: Principal = {
  issuer: 'anonymous',
  issuerName: 'anonymous',
  subject: 'anonymous',
  actors: [],
  groups: [],
  scopes: [],
  claims: {},
  expiresAtSeconds: Number.MAX_SAFE_INTEGER,
};

export async function authenticate(head: Head, snapshot: Snapshot): Promise<Authentication> {
  const proof = await verify(head, snapshot);
  if (proof.kind === 'principal') return proof;
  return snapshot.policy.mode === 'Observe' ? { kind: 'principal', principal: ANONYMOUS } : proof;
}

async function verify(head: Head, snapshot: Snapshot): Promise<Authentication> {
  const values = head.headers.authorization;
  const { scopes } = snapshot;
  if (values === undefined) {
    const reason = 'send Authorization: Bearer <token>';
    return refused({ code: 'token_missing', reason, scopes });
  }
  // Anything but one Bearer credential is read by somebody in another way than by us.
  const [scheme, token, ...rest] = (only(values) ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || token === undefined || rest.length > 0) {
    const reason = 'Authorization must be one Bearer token';
    return refused({ code: 'token_invalid', reason, scopes });
  }
  const verified = await snapshot.verifier.verify(token, { audiences: snapshot.publicUrls });
  if (verified.ok) return { kind: 'principal', principal: verified.principal };
  const { code, reason } = verified;
  return code === 'issuer_unavailable'
    ? refused({ code, reason, retryAfterSeconds: ISSUER_RETRY_SECONDS })
    : refused({ code, reason, scopes });
}

/** Seconds after which a caller may try again when an issuer's keys could not be had. */
const ISSUER_RETRY_SECONDS = 10;

function refused(refusal: Refusal): Authentication {
  return { kind: 'refused', refusal };
}
