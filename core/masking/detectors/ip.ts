// IPv4 and IPv6 addresses that say where a machine is; loopback, unspecified, broadcast and masks do not.

import {
  COLON,
  codeAt,
  DOT,
  endOfRun,
  isAlphanumericAt,
  isDigit,
  isHex,
  isLetter,
  SLASH,
  startOfRun,
  UNDERSCORE,
} from './characters.ts';
import type { Detector, Match } from './detector.ts';

/** The longest written form: eight groups of four, the last two as IPv4. */
const MAX_V6 = 45;
/** `a[1::2]` is a slice and `ab::cd` a name; an address in use has more digits. */
const MIN_HEX_DIGITS = 4;

export const ip: Detector = {
  name: 'ip',
  isSecret: false,
  prefilter: (text) =>
    /[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]/.test(text) ||
    text.includes('::') ||
    /:[0-9A-Fa-f]{1,4}:/.test(text),
  find: (text) => (text.includes(':') ? merged(findV4(text), findV6(text)) : findV4(text)),
  canonical: (matched) => matched.toLowerCase(),
};

/** In order; an IPv4 address inside an IPv6 one is part of it. */
function merged(a: readonly Match[], b: readonly Match[]): readonly Match[] {
  const matches: Match[] = [];
  for (const match of [...a, ...b].sort((x, y) => x.start - y.start || y.end - x.end)) {
    if (match.start >= (matches.at(-1)?.end ?? 0)) matches.push(match);
  }
  return matches;
}

function findV4(text: string): readonly Match[] {
  const matches: Match[] = [];
  for (let at = text.indexOf('.'); at >= 0; at = text.indexOf('.', at + 1)) {
    if (!isDigit(codeAt(text, at - 1)) || !isDigit(codeAt(text, at + 1))) continue;
    const start = startOfRun(text, at, 0, isDigit);
    const run = endOfRun(text, at, text.length, isDotted);
    const end = startOfRun(text, run, start, (code) => code === DOT);
    if (end - start <= 15 && isPlace(text.slice(start, end)) && isAlone(text, start, end)) {
      matches.push({ start, end });
    }
    at = run;
  }
  return matches;
}

function isDotted(code: number): boolean {
  return isDigit(code) || code === DOT;
}

const V4 = /^(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;

function isPlace(quad: string): boolean {
  return V4.test(quad) && !/^(?:0\.|127\.|255\.255\.)/.test(quad);
}

/** Not inside a word or number, and not the version of a product. */
function isAlone(text: string, start: number, end: number): boolean {
  const before = codeAt(text, start - 1);
  if (isAlphanumericAt(text, start - 1) || isAlphanumericAt(text, end)) return false;
  if (before === DOT || before === UNDERSCORE) return false;
  const isProduct = before === SLASH && isLetter(codeAt(text, start - 2));
  if (isProduct && text.slice(start, end).endsWith('.0.0')) return false;
  return !/(?:version|release|\bver\.?)["']?[ :=]{0,3}["']?$/i.test(
    text.slice(Math.max(0, start - 14), start),
  );
}

function findV6(text: string): readonly Match[] {
  const matches: Match[] = [];
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) {
    const next = codeAt(text, at + 1);
    if (!isHex(next) && next !== COLON) continue;
    const from = startOfRun(text, at, at - MAX_V6, isHex);
    const stop = endOfRun(text, at, text.length, isV6);
    const match = trimmed(text, from, stop);
    if (match.end - match.start <= MAX_V6 && isV6Place(text, match)) matches.push(match);
    at = Math.max(at, stop - 1);
  }
  return matches;
}

function isV6(code: number): boolean {
  return isHex(code) || code === COLON || code === DOT;
}

/** Without the colon of `address:` and the punctuation of the sentence. */
function trimmed(text: string, from: number, stop: number): Match {
  let start = from;
  let end = stop;
  if (codeAt(text, start) === COLON && codeAt(text, start + 1) !== COLON) start += 1;
  while (end > start && codeAt(text, end - 1) === DOT) end -= 1;
  if (codeAt(text, end - 1) === COLON && codeAt(text, end - 2) !== COLON) end -= 1;
  return { start, end };
}

function isV6Place(text: string, { start, end }: Match): boolean {
  if (isAlphanumericAt(text, start - 1) || isAlphanumericAt(text, end)) return false;
  const address = text.slice(start, end);
  const digits = address.replaceAll(/[^0-9A-Fa-f]/g, '');
  if (digits.length < MIN_HEX_DIGITS) return false;
  return isV6Address(address) && (/[0-9]/.test(digits) || address.split(':').length > 4);
}

/** RFC 4291 section 2.2. */
function isV6Address(address: string): boolean {
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const counts = halves.map((half, at) => countGroups(half, at === halves.length - 1));
  if (counts.includes(undefined)) return false;
  const total = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  return halves.length === 2 ? total <= 7 : total === 8;
}

/** Sixteen-bit groups; an IPv4 address at the end of all counts as two. */
function countGroups(half: string, isEnd: boolean): number | undefined {
  if (half === '') return 0;
  const parts = half.split(':');
  const tail = parts.at(-1) ?? '';
  const hasV4 = isEnd && tail.includes('.');
  if (hasV4 && !V4.test(tail)) return undefined;
  const groups = hasV4 ? parts.slice(0, -1) : parts;
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return undefined;
  return groups.length + (hasV4 ? 2 : 0);
}
