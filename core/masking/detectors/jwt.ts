// JSON Web Tokens (RFC 7515, RFC 7516): dotted base64url parts, the first a JSON object that says `alg`.

import { decodeBase64 } from '../base-encodings.ts';
import { codeAt, DOT, endOfRun, isBase64Url } from './characters.ts';
import type { Detector, Match } from './detector.ts';

/** `{"alg":"ES256"}` and the like; certificates in `x5c` make a header long, nothing makes it longer. */
const MIN_HEADER = 16;
const MAX_HEADER = 16_384;
/** A signed token has three parts, an encrypted one five. */
const MAX_PARTS = 5;

export const jwt: Detector = {
  name: 'jwt',
  isSecret: true,
  prefilter: (text) => /e[yw][A-Za-z0-9_-]{14}/.test(text) && text.includes('.'),
  find,
  canonical: (matched) => matched,
};

/** Base64url of `{` and a quote or white space begins with `ey` or `ew`. */
function find(text: string): readonly Match[] {
  const matches: Match[] = [];
  const anchor = /e[yw]/g;
  for (let found = anchor.exec(text); found !== null; found = anchor.exec(text)) {
    const start = found.index;
    if (isBase64Url(codeAt(text, start - 1))) continue;
    const header = endOfRun(text, start, start + MAX_HEADER, isBase64Url);
    anchor.lastIndex = Math.max(header, start + 2);
    if (header - start < MIN_HEADER || codeAt(text, header) !== DOT) continue;
    if (!saysAlgorithm(text, start, header)) continue;
    const end = endOfParts(text, header);
    if (end === undefined) continue;
    matches.push({ start, end });
    anchor.lastIndex = end;
  }
  return matches;
}

/** The payload has to be there; a signature may be empty (`alg: none`), a payload of a JWE key too. */
function endOfParts(text: string, header: number): number | undefined {
  let end = header;
  let parts = 1;
  while (parts < MAX_PARTS && codeAt(text, end) === DOT) {
    end = endOfRun(text, end + 1, text.length, isBase64Url);
    parts += 1;
  }
  return parts >= 3 ? end : undefined;
}

function saysAlgorithm(text: string, start: number, end: number): boolean {
  try {
    const json = new TextDecoder('utf-8', { fatal: true }).decode(decodeBase64(text, start, end));
    const header: unknown = JSON.parse(json);
    return typeof header === 'object' && header !== null && Object.hasOwn(header, 'alg');
  } catch {
    return false;
  }
}
