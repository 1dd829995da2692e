// The claims that say when and where a token holds: RFC 7519 section 4.1 and RFC 8725. Kept apart
// from the principal because they are judged again each time the same token comes back.

import type { JsonObject, JsonValue } from '#core/mcp/messages.ts';
import type { ClaimRead } from './claim-path.ts';

/** When the token holds, in seconds since the epoch. */
export interface TokenWindow {
  readonly expiresAtSeconds: number;
  readonly notBeforeSeconds?: number;
  readonly issuedAtSeconds?: number;
}

/** A token for more resources than this is a master key, not a token. */
const MAX_AUDIENCES = 100;

export function readWindow(claims: JsonObject): ClaimRead<TokenWindow> {
  const { exp, nbf, iat } = claims;
  if (!isTime(exp)) {
    return { ok: false, reason: 'exp: is missing or not a number; a token must expire' };
  }
  if (nbf !== undefined && !isTime(nbf)) return { ok: false, reason: 'nbf: must be a number' };
  if (iat !== undefined && !isTime(iat)) return { ok: false, reason: 'iat: must be a number' };
  return {
    ok: true,
    value: {
      expiresAtSeconds: exp,
      ...(nbf === undefined ? {} : { notBeforeSeconds: nbf }),
      ...(iat === undefined ? {} : { issuedAtSeconds: iat }),
    },
  };
}

/** Why the token does not hold at `nowSeconds`, if it does not. */
export function windowProblem(
  window: TokenWindow,
  nowSeconds: number,
  skewSeconds: number,
): string | undefined {
  if (window.expiresAtSeconds + skewSeconds <= nowSeconds) return 'exp: the token has expired';
  const latest = nowSeconds + skewSeconds;
  if ((window.notBeforeSeconds ?? 0) > latest) return 'nbf: the token is not valid yet';
  if ((window.issuedAtSeconds ?? 0) > latest) return 'iat: the token was issued in the future';
  return undefined;
}

/** The resources a token is for; RFC 7519 allows one text or a list of them. */
export function readAudiences(claims: JsonObject): ClaimRead<readonly string[]> {
  const { aud } = claims;
  const entries: readonly JsonValue[] = Array.isArray(aud) ? aud : aud === undefined ? [] : [aud];
  if (entries.length === 0) return { ok: false, reason: 'aud: is missing' };
  if (entries.length > MAX_AUDIENCES) {
    return { ok: false, reason: `aud: has more than ${MAX_AUDIENCES} entries` };
  }
  return entries.every((entry): entry is string => typeof entry === 'string')
    ? { ok: true, value: entries }
    : { ok: false, reason: 'aud: must be text or a list of texts' };
}

/** Why a token for `audiences` is not for us; compared exactly, no slash forgiven. */
export function audienceProblem(
  audiences: readonly string[],
  accepted: readonly string[],
): string | undefined {
  return audiences.some((audience) => accepted.includes(audience))
    ? undefined
    : 'aud: the token is not for this resource';
}

function isTime(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
