// Shapes that the gate knows by a few bytes: beginnings of keys and tokens. Each says yes wherever its
// detector would find something, and seldom otherwise.

import { hexValue } from './base-encodings.ts';
import { isBase64Url } from './detectors/characters.ts';

/** `-----B`, of `-----BEGIN`. */
export function beginsKey(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 1] !== DASH || bytes[at + 2] !== DASH) return false;
  return bytes[at + 3] === DASH && bytes[at + 4] === DASH && bytes[at + 5] === 0x42;
}

/** The word before the dot at `dot` begins as base64url of a JSON object does. */
export function endsJwtHeader(bytes: Uint8Array, word: number, dot: number): boolean {
  let start = dot;
  while (start > word && isBase64Url(bytes[start - 1] ?? 0)) start -= 1;
  // the `n` of `\\n` may belong to what comes before
  return (
    beginsObject(bytes, start) || (bytes[start - 1] === 0x5c && beginsObject(bytes, start + 1))
  );
}

/** `AKIA` and its kin, with room for the sixteen characters behind. */
export function hasAwsId(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at + 20 <= end; at += 1) {
    if (bytes[at] !== 0x41 || bytes[at + 3] !== 0x41) continue;
    const second = bytes[at + 1];
    const third = bytes[at + 2];
    if (third === 0x49 && (second === 0x4b || second === 0x53 || second === 0x42)) return true;
    if (second === 0x43 && third === 0x43) return true;
  }
  return false;
}

/** Forty characters of base64 in both cases with a digit; digests are of one case. */
export function isAwsSecret(bytes: Uint8Array, start: number, end: number): boolean {
  let kinds = 0;
  let length = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === DASH || byte === UNDERSCORE) {
      length = 0;
      kinds = 0;
      continue;
    }
    length += 1;
    if (byte >= 0x61) kinds |= 1;
    else if (byte >= 0x41) kinds |= 2;
    else if (byte >= 0x30) kinds |= 4;
    if (length >= 40 && kinds === 7) return true;
  }
  return false;
}

/** `ghp_` and its kin, or `_pat_`. */
export function hasGithubToken(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start + 3; at < end; at += 1) {
    if (bytes[at] !== UNDERSCORE) continue;
    if (bytes[at - 3] === 0x67 && bytes[at - 2] === 0x68) return true;
    if (bytes[at - 3] === 0x70 && bytes[at - 2] === 0x61 && bytes[at - 1] === 0x74) return true;
  }
  return false;
}

/** `\u003c`, `\u003e`, `\u0026` and `\u0027`, which careful writers escape: no part of any value. */
export function isHarmlessEscape(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 2] !== 0x30 || bytes[at + 3] !== 0x30) return false;
  const low = (bytes[at + 5] ?? 0) | 0x20;
  if (bytes[at + 4] === 0x33) return low === 0x63 || low === 0x65;
  // `\u0026#64;` is an escape again
  const isEntity = bytes[at + 6] === 0x23 || bytes[at + 6] === 0x5c;
  return bytes[at + 4] === 0x32 && (low === 0x37 || (low === 0x36 && !isEntity));
}

export function isHexAt(bytes: Uint8Array, at: number): boolean {
  return hexValue(bytes[at] ?? 0) >= 0;
}

const DASH = 0x2d;
const UNDERSCORE = 0x5f;

function beginsObject(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x65 && (bytes[at + 1] === 0x79 || bytes[at + 1] === 0x77);
}
