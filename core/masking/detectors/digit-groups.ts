// Numbers as people write them: groups of digits with separators between. Shared by the detectors of
// card and social security numbers.

import { codeAt, DASH, DOT, isDigit, SPACE, UNDERSCORE } from './characters.ts';

export interface DigitGroup {
  readonly start: number;
  readonly end: number;
}

/** Groups with nothing but separators between one and the next. */
export type DigitChain = readonly DigitGroup[];

/** `4111 - 1111` is one number; farther apart they are two. */
const MAX_GAP = 3;

/** Calls `visit` for each chain in order; every digit is in exactly one. */
export function forEachDigitChain(text: string, visit: (chain: DigitChain) => void): void {
  let chain: DigitGroup[] = [];
  let at = 0;
  while (at < text.length) {
    if (!isDigit(text.charCodeAt(at))) {
      at += 1;
      continue;
    }
    const start = at;
    while (at < text.length && isDigit(text.charCodeAt(at))) at += 1;
    const last = chain.at(-1);
    if (last !== undefined && !isGap(text, last.end, start)) {
      visit(chain);
      chain = [];
    }
    chain.push({ start, end: at });
  }
  if (chain.length > 0) visit(chain);
}

/** One to three separators, one of them at most not a space. */
export function isGap(text: string, from: number, to: number): boolean {
  if (to - from > MAX_GAP) return false;
  let marks = 0;
  for (let at = from; at < to; at += 1) {
    const code = codeAt(text, at);
    if (code === DASH || code === DOT || code === UNDERSCORE) marks += 1;
    else if (code !== SPACE) return false;
  }
  return marks <= 1;
}

/** What the gap is made of, spaces around it aside. */
export function separatorOf(text: string, from: number, to: number): string {
  return text.slice(from, to).trim();
}

export function lengthOf(group: DigitGroup): number {
  return group.end - group.start;
}

export function digitsOf(text: string): string {
  return text.replaceAll(/[^0-9]/g, '');
}
