// JSON inside a string: the whole of it, one value a line, or in the middle of prose. Structured content
// is repeated as text that way, and what is hidden in the one must be hidden in the other.

import type { Match } from './detectors/detector.ts';

/** How often a text may be read again because what looked like JSON in it was none. */
const MAX_READINGS = 8;

/** In order, without overlap; every region is one JSON value. */
export function jsonRegions(text: string): readonly Match[] {
  if (!/^\s*"|[{[]/.test(text)) return [];
  const first = /[^\s]/.exec(text);
  if (first === null) return [];
  const start = first.index;
  const opens = text.charAt(start);
  if (opens === '{' || opens === '[' || opens === '"') {
    const end = text.trimEnd().length;
    if (isJson(text.slice(start, end))) return [{ start, end }];
  }
  return embeddedRegions(text);
}

/** Objects, and lists of objects, lists or strings: what a bracket in prose does not begin. */
function embeddedRegions(text: string): readonly Match[] {
  const regions: Match[] = [];
  const opening = /\{\s{0,64}["}]|\[\s{0,64}[{["]/g;
  let allowance = MAX_READINGS * text.length;
  for (let found = opening.exec(text); found !== null; found = opening.exec(text)) {
    const start = found.index;
    const end = endOfBrackets(text, start);
    if (end !== undefined && isJson(text.slice(start, end))) {
      regions.push({ start, end });
      opening.lastIndex = end;
    } else {
      allowance -= (end ?? text.length) - start;
      if (allowance < 0) break;
      opening.lastIndex = start + 1;
    }
  }
  return regions;
}

/** Behind the bracket that closes the one at `start`. */
function endOfBrackets(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x22:
        at = endOfQuotes(text, at);
        break;
      case 0x5b:
      case 0x7b:
        depth += 1;
        break;
      case 0x5d:
      case 0x7d:
        depth -= 1;
        if (depth === 0) return at + 1;
        break;
    }
  }
  return undefined;
}

/** The closing quote, or the end of the text. */
function endOfQuotes(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== 0x22) {
    at += text.charCodeAt(at) === 0x5c ? 2 : 1;
  }
  return at;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
