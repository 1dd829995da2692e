// E-mail addresses, anchored on the @.

import { AT, codeAt, DASH, DOT, endOfRun, isAlphanumeric, startOfRun } from './characters.ts';
import type { Detector, Match } from './detector.ts';

/** RFC 5321 allows 64; a longer run is still somebody's address written badly. */
const MAX_LOCAL = 128;
const MAX_DOMAIN = 253;

export const email: Detector = {
  name: 'email',
  isSecret: false,
  prefilter: (text) => text.includes('@'),
  find,
  canonical: (matched) => matched.toLowerCase(),
};

function find(text: string): readonly Match[] {
  const matches: Match[] = [];
  let floor = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    if (!isWordLike(codeAt(text, at + 1))) continue;
    const start = startOfLocal(text, at, floor);
    const end = endOfDomain(text, at + 1);
    if (start === at || end === undefined || isRepository(text.slice(start, at))) continue;
    matches.push({ start, end });
    floor = end;
  }
  return matches;
}

function startOfLocal(text: string, at: number, floor: number): number {
  let start = startOfRun(text, at, Math.max(floor, at - MAX_LOCAL), isLocal);
  // `'a@b.example'` and `...a@b.example` begin with punctuation of the sentence
  while (start < at && !isWordLike(codeAt(text, start))) start += 1;
  return start;
}

/** The end of the longest host name that ends in a top-level domain. */
function endOfDomain(text: string, from: number): number | undefined {
  const stop = endOfRun(text, from, from + MAX_DOMAIN, isHost);
  const labels = text.slice(from, stop).split('.');
  if (isVersion(labels)) return undefined;
  let end = stop;
  for (let last = labels.length - 1; last > 0; last -= 1) {
    const label = labels[last] ?? '';
    const length = lengthOfTopLevel(label);
    if (length > 0 && labels.slice(0, last).every(isLabel)) return end - label.length + length;
    end -= label.length + 1;
  }
  return undefined;
}

/** `com` of `com`, also of `com-mails`; 0 when the label is no top-level domain. */
function lengthOfTopLevel(label: string): number {
  if (/^xn--[A-Za-z0-9-]{2,59}$/.test(label)) return label.length;
  return /^[\p{L}\p{M}]{2,63}(?=-|$)/u.exec(label)?.[0].length ?? 0;
}

function isLabel(label: string): boolean {
  return label.length > 0 && label.length <= 63 && !label.startsWith('-');
}

/** `pkg@1.2.3-beta.rc`, `action@v4.x` and `icon@2x.png` are no addresses. */
function isVersion([first = '', second = '']: readonly string[]): boolean {
  return /^v?\d+$/.test(first) ? /^v/.test(first) || /^\d/.test(second) : /^\d+x$/.test(first);
}

/** `git@host:path` names a machine. */
function isRepository(local: string): boolean {
  return local === 'git' || local === 'hg' || local === 'svn';
}

const LOCAL_MARKS = new Set([..."._%+-'"].map((mark) => mark.charCodeAt(0)));

function isLocal(code: number): boolean {
  return isWordLike(code) || LOCAL_MARKS.has(code);
}

function isHost(code: number): boolean {
  return isWordLike(code) || code === DOT || code === DASH;
}

/** Letters of any script: addresses may be internationalised (RFC 6531). */
function isWordLike(code: number): boolean {
  if (code < 0x80) return isAlphanumeric(code) && code !== AT;
  return /[\p{L}\p{N}\p{M}]/u.test(String.fromCharCode(code)) || (code >= 0xd800 && code <= 0xdfff);
}
