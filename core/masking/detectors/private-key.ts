// Private keys in PEM (RFC 7468) and OpenPGP armour, whole or cut off.

import { EQUALS, isAlphanumeric } from './characters.ts';
import type { Detector, Match } from './detector.ts';

const BEGIN = '-----BEGIN ';
const END = '-----END ';
/** `ENCRYPTED PRIVATE KEY-----` and the like behind BEGIN. */
const MAX_LABEL = 48;

export const privateKey: Detector = {
  name: 'private_key',
  isSecret: true,
  prefilter: (text) => text.includes(BEGIN),
  find,
  canonical: (matched) => matched.replaceAll(/\s|\\[nrt]/g, ''),
};

function find(text: string): readonly Match[] {
  const matches: Match[] = [];
  // Found once and kept: every key that lacks its end would search the rest of the text for it.
  let nextEnd = 0;
  for (let start = text.indexOf(BEGIN); start >= 0; start = text.indexOf(BEGIN, start + 1)) {
    const label = text.slice(start + BEGIN.length, start + BEGIN.length + MAX_LABEL);
    const header = /^[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-{0,5}/.exec(label)?.[0].length;
    if (header === undefined) continue;
    const body = start + BEGIN.length + header;
    if (nextEnd >= 0 && nextEnd < body) nextEnd = text.indexOf(END, body);
    const next = text.indexOf(BEGIN, body);
    const isClosed = nextEnd >= 0 && (next < 0 || nextEnd < next);
    const end = isClosed ? endOfFooter(text, nextEnd) : endOfBody(text, body);
    matches.push({ start, end });
    start = end - 1;
  }
  return matches;
}

function endOfFooter(text: string, at: number): number {
  const from = at + END.length;
  const footer = /^[A-Z0-9 ]*-{0,5}/.exec(text.slice(from, from + MAX_LABEL))?.[0].length ?? 0;
  return from + footer;
}

/** A key that was cut off: as far as its base64 and its headers go. */
function endOfBody(text: string, from: number): number {
  let end = from;
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isAlphanumeric(code) || code === EQUALS) end = at + 1;
    else if (!BODY_MARKS.has(code)) break;
    at += 1;
  }
  return Math.max(end, from);
}

/** The rest of base64, white space, `\n` left as two characters, and `Proc-Type: 4,ENCRYPTED`. */
const BODY_MARKS = new Set([...'+/ \t\r\n\\:,-'].map((mark) => mark.charCodeAt(0)));
