// The part of the gate that reads names of fields: whether a quoted word ends in a name that some field
// rule is about.

import { isRunByte } from './encoded-runs.ts';

export interface NameGate {
  /** Endings of names, folded, by the code of their last character. */
  readonly endings: readonly (readonly string[])[];
  /** A name whose ending is no word: it cannot be told from the bytes. */
  readonly always: boolean;
}

/** Of names as fields.ts folds them. */
export function nameGate(names: readonly string[]): NameGate {
  const endings: string[][] = Array.from({ length: 128 }, () => []);
  let always = false;
  for (const name of names) {
    // characters that are not ASCII are escaped or let every message through
    if (/[^\0-\x7f]/.test(name)) continue;
    const ending = endingOf(name);
    if (ending === '') always = true;
    else endings[ending.charCodeAt(ending.length - 1)]?.push(ending);
  }
  return { endings, always };
}

/** Whether the word from `start` to `end` is, case, `_` and `-` aside, one of the endings. */
export function endsInName(
  bytes: Uint8Array,
  start: number,
  end: number,
  { endings }: NameGate,
): boolean {
  let last = end - 1;
  while (last >= start && isIgnored(bytes[last] ?? 0)) last -= 1;
  const candidates = endings[lower(bytes[last] ?? 0)];
  if (last < start || candidates === undefined || candidates.length === 0) return false;
  return candidates.some((ending) => isEnding(bytes, start, last, ending));
}

function isEnding(bytes: Uint8Array, start: number, last: number, ending: string): boolean {
  let left = ending.length;
  let at = last;
  for (; at >= start; at -= 1) {
    const byte = bytes[at] ?? 0;
    if (isIgnored(byte)) continue;
    left -= 1;
    if (left < 0 || lower(byte) !== ending.charCodeAt(left)) return false;
  }
  return left === 0;
}

/** Behind the last character that breaks a word. */
function endingOf(name: string): string {
  let start = name.length;
  while (start > 0 && isRunByte(name.charCodeAt(start - 1))) start -= 1;
  return name.slice(start);
}

function isIgnored(byte: number): boolean {
  return byte === 0x5f || byte === 0x2d;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte & 0x7f;
}
