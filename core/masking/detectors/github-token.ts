// GitHub tokens: a prefix that nothing else has, and a CRC-32 in the last six characters of the
// classic forms. A wrong sum does not acquit a token that looks random: the format has changed before.

import { endOfRun, isAlphanumeric, UNDERSCORE } from './characters.ts';
import type { Detector, Match } from './detector.ts';

const SECRET_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
const MAX_LENGTH = 1024;
/** `ghp_xxxxxxxx…` in documentation has fewer different characters. */
const MIN_VARIETY = 10;

export const githubToken: Detector = {
  name: 'github_token',
  isSecret: true,
  prefilter: (text) => /gh[pousr]_|github_pat_/.test(text),
  find,
  canonical: (matched) => matched,
};

function find(text: string): readonly Match[] {
  const matches: Match[] = [];
  const anchor = /gh[pousr]_|github_pat_/g;
  for (let found = anchor.exec(text); found !== null; found = anchor.exec(text)) {
    const start = found.index;
    if (start > 0 && isAlphanumeric(text.charCodeAt(start - 1))) continue;
    const body = start + found[0].length;
    const end = endOfRun(text, body, body + MAX_LENGTH, isTokenCharacter);
    if (isToken(text.slice(body, end))) matches.push({ start, end });
    anchor.lastIndex = Math.max(end, body);
  }
  return matches;
}

function isTokenCharacter(code: number): boolean {
  return isAlphanumeric(code) || code === UNDERSCORE;
}

function isToken(body: string): boolean {
  if (body.length < SECRET_LENGTH + CHECKSUM_LENGTH) return false;
  return hasChecksum(body) || new Set(body).size >= MIN_VARIETY;
}

/** Base62 of the CRC-32 of what comes before, padded with zeros. */
export function hasChecksum(body: string): boolean {
  if (body.length !== SECRET_LENGTH + CHECKSUM_LENGTH) return false;
  let sum = crc32(body.slice(0, SECRET_LENGTH));
  let written = '';
  while (written.length < CHECKSUM_LENGTH) {
    written = BASE62.charAt(sum % 62) + written;
    sum = Math.floor(sum / 62);
  }
  return body.endsWith(written);
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** ISO 3309, of ASCII text. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let at = 0; at < text.length; at += 1) {
    crc ^= text.charCodeAt(at);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
