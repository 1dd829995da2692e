// Payment card numbers: 12 to 19 digits that an issuer could have given out and whose Luhn sum holds.

import { codeAt, DOT, isAlphanumericAt, PLUS } from './characters.ts';
import type { Detector, Match } from './detector.ts';
import { type DigitChain, digitsOf, forEachDigitChain, lengthOf } from './digit-groups.ts';

const MIN_DIGITS = 12;
const MAX_DIGITS = 19;
/** Shorter groups are dates, phone numbers and columns of figures; the last group may be short. */
const MIN_GROUP = 3;

export const creditCard: Detector = {
  name: 'credit_card',
  isSecret: false,
  prefilter: (text) => /[0-9](?:[0-9 ._-]{10,40})[0-9]/.test(text),
  find(text) {
    const matches: Match[] = [];
    forEachDigitChain(text, (chain) => matches.push(...findInChain(text, chain)));
    return matches;
  },
  canonical: digitsOf,
};

/** ISO/IEC 7812-1, annex B. */
export function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = digits.length - 1, isDoubled = false; at >= 0; at -= 1, isDoubled = !isDoubled) {
    const digit = digits.charCodeAt(at) - 0x30;
    const doubled = digit > 4 ? 2 * digit - 9 : 2 * digit;
    sum += isDoubled ? doubled : digit;
  }
  return sum % 10 === 0;
}

function findInChain(text: string, chain: DigitChain): readonly Match[] {
  if (chain.length >= MIN_DIGITS && chain.every((group) => lengthOf(group) === 1)) {
    return cardOver(text, chain, 0, chain.length) ?? [];
  }
  // Where numbers stand side by side, some of one and some of the next may be a card by chance: all
  // that can be one is hidden, or the rest of the real one would stay.
  const matches: Match[] = [];
  for (let first = 0; first < chain.length; first += 1) {
    const last = endOfCard(text, chain, first);
    const [found] = last === undefined ? [] : (cardOver(text, chain, first, last) ?? []);
    if (found === undefined) continue;
    const before = matches.at(-1);
    if (before === undefined || found.start >= before.end) matches.push(found);
    else
      matches[matches.length - 1] = { start: before.start, end: Math.max(before.end, found.end) };
  }
  return matches;
}

/** Tries the longest run of groups first; a run has at most as many groups as a card has digits. */
function endOfCard(text: string, chain: DigitChain, first: number): number | undefined {
  let total = 0;
  let end = first;
  while (end < chain.length) {
    const group = chain[end];
    if (group === undefined || total + lengthOf(group) > MAX_DIGITS) break;
    total += lengthOf(group);
    end += 1;
    if (lengthOf(group) < MIN_GROUP) break;
  }
  for (; end > first; end -= 1) {
    if (cardOver(text, chain, first, end) !== undefined) return end;
  }
  return undefined;
}

/** The groups from `first` to before `end`, when they are one card number. */
function cardOver(
  text: string,
  chain: DigitChain,
  first: number,
  end: number,
): readonly Match[] | undefined {
  const start = chain[first]?.start ?? 0;
  const stop = chain[end - 1]?.end ?? 0;
  if (stop - start < MIN_DIGITS) return undefined;
  const digits = digitsOf(text.slice(start, stop));
  if (digits.length < MIN_DIGITS || digits.length > MAX_DIGITS) return undefined;
  if (isAlphanumericAt(text, start - 1) || isAlphanumericAt(text, stop)) return undefined;
  // part of a decimal, an address or a version; a phone number
  if (isDotted(text, chain[first - 1]?.end, start) || isDotted(text, stop, chain[end]?.start)) {
    return undefined;
  }
  if (codeAt(text, start - 1) === PLUS) return undefined;
  // 890.1300000000001
  if (end - first === 2 && isDotted(text, chain[first]?.end, chain[first + 1]?.start))
    return undefined;
  return isIssued(digits) && isLuhn(digits) ? [{ start, end: stop }] : undefined;
}

function isDotted(text: string, from: number | undefined, to: number | undefined): boolean {
  return from !== undefined && to !== undefined && to - from === 1 && codeAt(text, from) === DOT;
}

interface Range {
  /** First digits, inclusive bounds of the same length. */
  readonly from: string;
  readonly to: string;
  readonly lengths: readonly number[];
}

const LONG = [16, 17, 18, 19];
const MAESTRO = [12, 13, 14, 15, 16, 17, 18, 19];

/** Ranges that card networks have published; lengths that they issue. */
const RANGES: readonly Range[] = [
  { from: '4', to: '4', lengths: [13, 16, 19] }, // Visa
  { from: '51', to: '55', lengths: [16] }, // Mastercard
  { from: '2221', to: '2720', lengths: [16] },
  { from: '34', to: '34', lengths: [15] }, // American Express
  { from: '37', to: '37', lengths: [15] },
  { from: '6011', to: '6011', lengths: LONG }, // Discover
  { from: '644', to: '659', lengths: LONG },
  { from: '300', to: '305', lengths: [14, 16, 17, 18, 19] }, // Diners Club
  { from: '3095', to: '3095', lengths: [14, 16, 17, 18, 19] },
  { from: '36', to: '36', lengths: [14, 15, 16, 17, 18, 19] },
  { from: '38', to: '39', lengths: [14, 16, 17, 18, 19] },
  { from: '3528', to: '3589', lengths: LONG }, // JCB
  { from: '2131', to: '2131', lengths: [15] },
  { from: '1800', to: '1800', lengths: [15] },
  { from: '62', to: '62', lengths: LONG }, // UnionPay
  { from: '81', to: '82', lengths: LONG }, // UnionPay, RuPay
  { from: '60', to: '60', lengths: [16] }, // RuPay, Hipercard
  { from: '2200', to: '2204', lengths: LONG }, // Mir
  { from: '9792', to: '9792', lengths: [16] }, // Troy
  { from: '50', to: '50', lengths: MAESTRO }, // Maestro, Elo, Verve, Dankort
  { from: '56', to: '58', lengths: MAESTRO },
  { from: '61', to: '61', lengths: MAESTRO },
  { from: '63', to: '63', lengths: MAESTRO },
  { from: '66', to: '69', lengths: MAESTRO },
];

function isIssued(digits: string): boolean {
  return RANGES.some(({ from, to, lengths }) => {
    const prefix = digits.slice(0, from.length);
    return prefix >= from && prefix <= to && lengths.includes(digits.length);
  });
}
