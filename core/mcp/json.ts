// The I-JSON gate (RFC 7493): one parse, and nothing in the bytes that another parser could read
// differently. What passes is judged as parsed and forwarded as it came.

import { readCarefully } from './careful-json.ts';
import { isArray, type JsonObject, type JsonValue } from './messages.ts';

export interface JsonLimits {
  readonly maxBytes: number;
  /** Arrays and objects inside each other; a scalar at the top has depth 0. */
  readonly maxDepth: number;
  /**
   * `exact` for what is judged (requests): numbers another language could read differently and
   * `__proto__` keys are refused. `any` for what is carried (replies): both pass untouched.
   */
  readonly numbers: 'exact' | 'any';
}

export type ReadJson =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads one JSON text. Duplicate keys are found by count: the parser keeps one member per key, so
 * a text with more colons outside strings than the value has members repeats a key somewhere.
 */
export function readJson(bytes: Uint8Array, limits: JsonLimits): ReadJson {
  if (bytes.length > limits.maxBytes) return refuse(`JSON is over ${limits.maxBytes} bytes`);
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return refuse('JSON begins with a byte order mark: send plain UTF-8');
  }
  const shape = scan(bytes, limits.maxDepth);
  if (shape === 'too deep') return refuse(`JSON is nested over ${limits.maxDepth} levels`);
  const parsed = parse(bytes, shape.hasEscape);
  if (!parsed.ok) return parsed;
  const seen: Seen = { members: 0, exact: limits.numbers === 'exact', strings: shape.hasEscapedD };
  const fault = inspect(parsed.value, seen);
  if (fault !== undefined) return refuse(fault);
  if (seen.members !== shape.members) return refuse('JSON repeats a key inside one object');
  return parsed;
}

interface Shape {
  /** An escape occurs, so a key may hold a backslash, or be one that V8 misread. */
  hasEscape: boolean;
  /** Colons outside strings: members as written. */
  members: number;
  /** A `\uD…` escape occurs, so a string may hold a lone surrogate. Raw UTF-8 cannot. */
  hasEscapedD: boolean;
}

interface Seen {
  members: number;
  readonly exact: boolean;
  readonly strings: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Counts what the parser hides. It need be right only on valid JSON: on anything else it merely
 * ends, and the parser refuses the text. It runs first, so that depth is bounded before parsing.
 */
function scan(bytes: Uint8Array, maxDepth: number): Shape | 'too deep' {
  const shape: Shape = { hasEscape: false, members: 0, hasEscapedD: false };
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfString(bytes, at + 1, shape);
        break;
      case 0x3a: // :
        shape.members += 1;
        break;
      case 0x5b: // [
      case 0x7b: // {
        depth += 1;
        if (depth > maxDepth) return 'too deep';
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth -= 1;
        break;
    }
  }
  return shape;
}

/** Index of the closing quote, or the end of the bytes. */
function endOfString(bytes: Uint8Array, from: number, shape: Shape): number {
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) {
      shape.hasEscape = true;
      at += 1;
      // \uD8xx … \uDFxx, the hex digit in either case
      if (bytes[at] === 0x75 && ((bytes[at + 1] ?? 0) | 0x20) === 0x64) shape.hasEscapedD = true;
    }
    at += 1;
  }
  return at;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parse(bytes: Uint8Array, hasEscape: boolean): ReadJson {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    return refuse('JSON is not valid UTF-8');
  }
  try {
    const value: JsonValue = JSON.parse(text);
    return { ok: true, value: hasEscape && hasBackslashKey(value) ? readCarefully(text) : value };
  } catch {
    // The parser's own message quotes the text: it never leaves here.
    return refuse('body is not one JSON value');
  }
}

/** A misread key begins as its escape is written, so it holds a backslash; honest keys hardly ever do. */
function hasBackslashKey(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (isArray(value)) return value.some(hasBackslashKey);
  return Object.keys(value).some(
    (key) => key.includes('\\') || hasBackslashKey(value[key] ?? null),
  );
}

function inspect(value: JsonValue, seen: Seen): string | undefined {
  switch (typeof value) {
    case 'string':
      return seen.strings && !value.isWellFormed() ? LONE_SURROGATE : undefined;
    case 'number':
      return seen.exact && !isExact(value) ? INEXACT_NUMBER : undefined;
    case 'object':
      if (value === null) return undefined;
      return isArray(value) ? inspectArray(value, seen) : inspectObject(value, seen);
    default:
      return undefined;
  }
}

function inspectArray(items: readonly JsonValue[], seen: Seen): string | undefined {
  for (const item of items) {
    const fault = inspect(item, seen);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function inspectObject(object: JsonObject, seen: Seen): string | undefined {
  const keys = Object.keys(object);
  seen.members += keys.length;
  for (const key of keys) {
    if (seen.strings && !key.isWellFormed()) return LONE_SURROGATE;
    if (seen.exact && key === '__proto__') return 'JSON has a key named __proto__';
    const fault = inspect(object[key] ?? null, seen);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const LONE_SURROGATE = 'a JSON string holds half a surrogate pair';
const INEXACT_NUMBER = 'a JSON number is not exact as a double: send it as a string';

/** A fraction may lose digits, an integer may not: 2^53 and 2^53 + 1 would be one value. */
function isExact(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

function refuse(reason: string): ReadJson {
  return { ok: false, reason };
}
