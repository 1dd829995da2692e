// United States social security numbers: 3-2-4 digits with separators, or nine digits beside a word
// that says so. Areas, groups and serials that are never given out do not count.

import { isAlphanumericAt } from './characters.ts';
import { contextIn } from './context.ts';
import type { Detector, Match } from './detector.ts';
import {
  type DigitChain,
  type DigitGroup,
  digitsOf,
  forEachDigitChain,
  lengthOf,
  separatorOf,
} from './digit-groups.ts';

/** How far before and behind nine bare digits the word may stand, in characters. */
const CONTEXT_BEFORE = 48;
const CONTEXT_BEHIND = 24;

export const usSsn: Detector = {
  name: 'us_ssn',
  isSecret: false,
  prefilter: (text) => /[0-9]{3}(?:[ ._-]{1,3}[0-9]{2}[ ._-]{1,3}[0-9]{4}|[0-9]{6})/.test(text),
  find(text, hint) {
    const matches: Match[] = [];
    forEachDigitChain(text, (chain) => {
      for (let at = 0; at < chain.length; at += 1) {
        const end = endAt(text, chain, at, hint);
        if (end === undefined) continue;
        matches.push({ start: chain[at]?.start ?? 0, end: chain[end - 1]?.end ?? 0 });
        at = end - 1;
      }
    });
    return matches;
  },
  canonical: digitsOf,
};

/** Whether words beside a number say that it is a social security number. */
export function saysSsn(words: string): boolean {
  return (
    // not in the middle of a word, such as businessName
    /(?:^|[^A-Za-z])ssn(?![a-z])|(?:^|[^A-Z])SSN(?![A-Z])|(?:^|[a-z])Ssn(?![a-z])/.test(words) ||
    /social[ _-]?sec|soc[.]?[ _-]?sec|\bss ?(?:#|no\b|number)/i.test(words)
  );
}

/** Behind the last group of the number that begins at group `at`. */
function endAt(text: string, chain: DigitChain, at: number, hint: string): number | undefined {
  const [first, second, third] = chain.slice(at, at + 3);
  if (first === undefined) return undefined;
  if (lengthOf(first) === 9) return isBare(text, chain, at, hint) ? at + 1 : undefined;
  if (second === undefined || third === undefined) return undefined;
  if (lengthOf(first) !== 3 || lengthOf(second) !== 2 || lengthOf(third) !== 4) return undefined;
  const separator = separatorOf(text, first.end, second.start);
  if (separatorOf(text, second.end, third.start) !== separator) return undefined;
  // 10-123-45-6789 is something else
  if (isJoined(text, chain[at - 1], first, separator)) return undefined;
  if (isJoined(text, third, chain[at + 3], separator)) return undefined;
  return isWhole(text, first.start, third.end) ? at + 3 : undefined;
}

function isBare(text: string, chain: DigitChain, at: number, hint: string): boolean {
  const group = chain[at];
  if (group === undefined || !isWhole(text, group.start, group.end)) return false;
  const before = contextIn(text, group.start - CONTEXT_BEFORE, group.start);
  const behind = contextIn(text, group.end, group.end + CONTEXT_BEHIND);
  return saysSsn(hint) || saysSsn(before) || saysSsn(behind);
}

function isJoined(
  text: string,
  before: DigitGroup | undefined,
  after: DigitGroup | undefined,
  separator: string,
): boolean {
  if (before === undefined || after === undefined) return false;
  return separatorOf(text, before.end, after.start) === separator;
}

function isWhole(text: string, start: number, end: number): boolean {
  if (isAlphanumericAt(text, start - 1) || isAlphanumericAt(text, end)) return false;
  const digits = digitsOf(text.slice(start, end));
  const area = digits.slice(0, 3);
  if (area === '000' || area === '666' || area.startsWith('9')) return false;
  return digits.slice(3, 5) !== '00' && digits.slice(5) !== '0000';
}
