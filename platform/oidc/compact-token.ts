// A token as text: JWS compact serialization (RFC 7515), read before anything about it is known to
// be true. What RFC 8725 forbids is refused here by name.

import type { ClaimRead } from '#core/identity/claim-path.ts';
import { readJson } from '#core/mcp/json.ts';
import { isObject, type JsonObject } from '#core/mcp/messages.ts';
import type { TokenHeader } from './key-set.ts';

export interface CompactToken {
  readonly header: TokenHeader;
  /** Not verified: good for choosing the issuer, and for more only once the signature holds. */
  readonly claims: JsonObject;
}

/** HTTP servers stop at 16 KiB of headers altogether. */
export const MAX_TOKEN_CHARS = 16 * 1024;
/** Rules and CEL walk claims recursively. */
const MAX_CLAIMS_DEPTH = 16;

const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
/** RFC 9068 and plain JWT. Other types (logout, ID-JAG, DPoP) are tokens for something else. */
const TYPES: ReadonlySet<string> = new Set(['jwt', 'at+jwt']);

export function readCompactToken(token: string): ClaimRead<CompactToken> {
  if (token.length > MAX_TOKEN_CHARS) {
    return refuse(`token: is over ${MAX_TOKEN_CHARS} characters`);
  }
  if (!COMPACT.test(token)) return refuse('token: is not a signed JWT in compact form');
  const [headerPart = '', claimsPart = ''] = token.split('.', 2);
  const header = readPart(headerPart);
  if (header === undefined) return refuse('token: its header is not a JSON object');
  const claims = readPart(claimsPart);
  if (claims === undefined) return refuse('token: its claims are not a JSON object');
  const judged = readHeader(header);
  return judged.ok ? { ok: true, value: { header: judged.value, claims } } : judged;
}

function readHeader(header: JsonObject): ClaimRead<TokenHeader> {
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string') return refuse('alg: is missing');
  if (kid !== undefined && typeof kid !== 'string') return refuse('kid: must be text');
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) {
    return refuse('crit: header extensions are not accepted');
  }
  if (typ !== undefined && !(typeof typ === 'string' && isAccessType(typ))) {
    return refuse('typ: is not that of an access token (at+jwt or JWT)');
  }
  return { ok: true, value: { alg, ...(kid === undefined ? {} : { kid }) } };
}

/** RFC 7515 section 4.1.9: a media type in any case, `application/` left out or not. */
function isAccessType(typ: string): boolean {
  return TYPES.has(typ.toLowerCase().replace(/^application\//, ''));
}

function readPart(part: string): JsonObject | undefined {
  const read = readJson(Buffer.from(part, 'base64url'), {
    maxBytes: MAX_TOKEN_CHARS,
    maxDepth: MAX_CLAIMS_DEPTH,
    numbers: 'any',
  });
  return read.ok && isObject(read.value) ? read.value : undefined;
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
