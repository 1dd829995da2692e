// Walks every string of a JSON text with its path and its bytes: what masking looks at.
// Iterative, so that depth costs memory and never the stack.

import {
  decodeString,
  endOfString,
  endOfValue,
  OPEN_BRACE,
  OPEN_BRACKET,
  type PathStep,
  QUOTE,
  rootSpan,
  type Span,
  skipSpace,
} from './spans.ts';

export interface StringLeaf {
  /** Valid until the next leaf is asked for; copy it to keep it. */
  readonly path: readonly PathStep[];
  /** The string with its quotes. */
  readonly span: Span;
}

/** In the order of the text; keys are not leaves. Only for bytes that passed the gate. */
export function* stringLeaves(bytes: Uint8Array): Generator<StringLeaf, undefined> {
  const path: PathStep[] = [];
  let at = rootSpan(bytes).start;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      path.push(byte === OPEN_BRACE ? '' : -1);
      at = skipSpace(bytes, at + 1);
      const isEmpty = bytes[at] === CLOSE_BRACE || bytes[at] === CLOSE_BRACKET;
      at = isEmpty ? leave(bytes, at, path) : enter(bytes, at, path);
      continue;
    }
    const span = { start: at, end: endOfValue(bytes, at) };
    if (byte === QUOTE) yield { path, span };
    at = leave(bytes, skipSpace(bytes, span.end), path);
  }
}

const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;

/** At an item: its value begins where this returns, and the path names it. */
function enter(bytes: Uint8Array, at: number, path: PathStep[]): number {
  const last = path.pop();
  if (typeof last === 'number') {
    path.push(last + 1);
    return at;
  }
  const name = { start: at, end: endOfString(bytes, at) };
  path.push(decodeString(bytes, name));
  return skipSpace(bytes, skipSpace(bytes, name.end) + 1);
}

/** After a value: out of every container that ends here, and to the next item if there is one. */
function leave(bytes: Uint8Array, from: number, path: PathStep[]): number {
  let at = from;
  while (bytes[at] === CLOSE_BRACE || bytes[at] === CLOSE_BRACKET) {
    path.pop();
    at = skipSpace(bytes, at + 1);
  }
  return bytes[at] === COMMA ? enter(bytes, skipSpace(bytes, at + 1), path) : bytes.length;
}
