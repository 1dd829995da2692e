// Finds one claim by the path the policy names and reads it as text that is safe to judge, record
// and print. Everything a token carries is bounded here, whoever signed it.

import { isObject, type JsonObject, type JsonValue } from '#core/mcp/messages.ts';

export type ClaimRead<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

/** OpenID Connect Core section 2: `sub` has at most 255 characters; the same for every identifier. */
export const MAX_TEXT_CHARS = 255;
/** More groups or scopes than any directory should put in a header; each one costs rule matching. */
export const MAX_LIST_ENTRIES = 500;

/**
 * The value at `path`. A claim whose whole name equals the path wins over the walk, since names
 * such as `https://example.com/groups` hold dots themselves.
 */
export function claimAt(claims: JsonObject, path: string): JsonValue | undefined {
  if (Object.hasOwn(claims, path)) {
    return claims[path];
  }
  let current: JsonValue | undefined = claims;
  for (const name of path.split('.')) {
    if (!isObject(current) || !Object.hasOwn(current, name)) {
      return undefined;
    }
    current = current[name];
  }
  return current;
}

/** One identifier; `undefined` when the claim is absent. */
export function readText(claims: JsonObject, path: string): ClaimRead<string | undefined> {
  const value = claimAt(claims, path);
  if (value === undefined || value === null) {
    return isElsewhere(claims, path) ? elsewhere(path) : { ok: true, value: undefined };
  }
  return isIdentityText(value)
    ? { ok: true, value }
    : { ok: false, reason: `${path}: must be text of 1 to ${MAX_TEXT_CHARS} printable characters` };
}

/** A list of identifiers, or one alone; empty when the claim is absent. */
export function readTextList(claims: JsonObject, path: string): ClaimRead<readonly string[]> {
  const value = claimAt(claims, path);
  if (value === undefined || value === null) {
    return isElsewhere(claims, path) ? elsewhere(path) : { ok: true, value: [] };
  }
  return checkList(path, Array.isArray(value) ? value : [value]);
}

/** As readTextList, but one text is split at spaces: RFC 6749 section 3.3. */
export function readSpaceList(claims: JsonObject, path: string): ClaimRead<readonly string[]> {
  const value = claimAt(claims, path);
  return typeof value === 'string'
    ? checkList(
        path,
        value.split(' ').filter((entry) => entry !== ''),
      )
    : readTextList(claims, path);
}

/** Text that can stand in a record, a log line and a terminal: whole Unicode, no control characters. */
export function isIdentityText(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= MAX_TEXT_CHARS &&
    value.isWellFormed() &&
    !CONTROL.test(value)
  );
}

// C0, DEL, C1, and the line, paragraph and direction marks that make a printed name lie.
const CONTROL = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

function checkList(path: string, entries: readonly unknown[]): ClaimRead<readonly string[]> {
  if (entries.length > MAX_LIST_ENTRIES) {
    return { ok: false, reason: `${path}: has more than ${MAX_LIST_ENTRIES} entries` };
  }
  // An entry that cannot be read is not skipped: it might be the one a Deny rule names.
  return entries.every(isIdentityText)
    ? { ok: true, value: entries }
    : {
        ok: false,
        reason: `${path}: must be a list of texts of 1 to ${MAX_TEXT_CHARS} characters`,
      };
}

/**
 * OpenID Connect Core section 5.6.2: the issuer may send a reference instead of the claim (some do
 * for people in very many groups). Read as absent, it would disarm every Deny rule on that claim.
 */
function isElsewhere(claims: JsonObject, path: string): boolean {
  const names = Object.hasOwn(claims, '_claim_names') ? claims._claim_names : undefined;
  const root = path.split('.', 1)[0] ?? path;
  return isObject(names) && (Object.hasOwn(names, path) || Object.hasOwn(names, root));
}

function elsewhere(path: string): { readonly ok: false; readonly reason: string } {
  return {
    ok: false,
    reason: `${path}: the issuer sent a reference instead of the claim; have it send the claim itself`,
  };
}
