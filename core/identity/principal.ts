// Who is calling, as proven by one verified token on one HTTP request.

import type { JsonObject } from '#core/mcp/messages.ts';

/** Someone the subject acts through: one link of the RFC 8693 `act` chain, nearest first. */
export interface Actor {
  readonly issuer?: string;
  readonly subject: string;
}

export interface Principal {
  readonly issuer: string;
  /** Name of the issuer in the policy: what rules and records say. */
  readonly issuerName: string;
  readonly subject: string;
  readonly actors: readonly Actor[];
  readonly groups: readonly string[];
  readonly scopes: readonly string[];
  readonly clientId?: string;
  /** The human behind the subject, from the policy's `person` claim; absent when not verified. */
  readonly person?: string;
  /** All verified claims; read by rules and CEL, never written to a log, a span or a record. */
  readonly claims: JsonObject;
  /** Seconds since the epoch. */
  readonly expiresAtSeconds: number;
}
