// Leave to spend one approval: what it is bound to, how often and until when, signed by whoever took
// the votes. Writing to the store is not enough to forge one.

import { canonicalize } from '#core/evidence/canonical.ts';
import type { SignatureKey, Signer } from '#core/evidence/signature.ts';

export interface GrantTerms {
  /** Absent where people approved. */
  readonly kind?: 'BreakGlass';
  readonly approvalId: string;
  readonly binding: string;
  /** `requestDigest` of what was voted on: a request changed behind the voters' backs has no grant. */
  readonly request: string;
  /** Names this grant in the record of each spending: 32 to 64 hexadecimal digits, never used twice. */
  readonly nonce: string;
  readonly maxUses: number;
  /** Absolute: no use prolongs it. Whole milliseconds since 1970; the grant is void from then on. */
  readonly expiresAtMillis: number;
}

export interface Grant extends GrantTerms {
  /** Ed25519 over the terms, base64url. */
  readonly signature: string;
}

/** A key whose signatures count. */
export type GrantKey = Pick<SignatureKey, 'verifies'>;

export function signGrant(terms: GrantTerms, signer: Signer): Grant {
  return { ...termsOf(terms), signature: signer.sign('grant', signedText(terms)) };
}

/** Whether one of these keys signed exactly these terms. */
export function isGrantGenuine(grant: Grant, keys: readonly GrantKey[]): boolean {
  const text = signedText(grant);
  return keys.some((key) => key.verifies('grant', text, grant.signature));
}

function signedText(terms: GrantTerms): string {
  return canonicalize(termsOf(terms));
}

function termsOf(terms: GrantTerms): GrantTerms {
  const { kind, approvalId, binding, request, nonce, maxUses, expiresAtMillis } = terms;
  const named = kind === undefined ? {} : { kind };
  return { ...named, approvalId, binding, request, nonce, maxUses, expiresAtMillis };
}
