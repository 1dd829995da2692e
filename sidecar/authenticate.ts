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
  if (values === undefined) return refused('token_missing', 'send Authorization: Bearer <token>');
  // Anything but one Bearer credential is read by somebody in another way than by us.
  const [scheme, token, ...rest] = (only(values) ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || token === undefined || rest.length > 0) {
    return refused('token_invalid', 'Authorization must be one Bearer token');
  }
  const verified = await snapshot.verifier.verify(token, { audiences: snapshot.publicUrls });
  if (verified.ok) return { kind: 'principal', principal: verified.principal };
  return refused(verified.code, verified.reason);
}

/** Seconds after which a caller may try again when an issuer's keys could not be had. */
const ISSUER_RETRY_SECONDS = 10;

function refused(code: Refusal['code'], reason: string): Authentication {
  const retry = code === 'issuer_unavailable' ? { retryAfterSeconds: ISSUER_RETRY_SECONDS } : {};
  return { kind: 'refused', refusal: { code, reason, ...retry } };
}
