// Finds values inside JSON bytes by position, so that what changes can be spliced and all else stays
// as it came. Only for bytes that passed the gate (json.ts): anything else throws.

/** Byte offsets, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type PathStep = string | number;

export interface MemberSpan {
  /** Decoded. */
  readonly key: string;
  /** The key with its quotes. */
  readonly name: Span;
  readonly value: Span;
}

/** The span of the value at `path`; undefined when something on the way is missing. */
export function locate(bytes: Uint8Array, path: readonly PathStep[]): Span | undefined {
  let span: Span | undefined = rootSpan(bytes);
  for (const step of path) {
    if (span === undefined) return undefined;
    span = childSpan(bytes, span, step);
  }
  return span;
}

/** The one value of the text, without the whitespace around it. */
export function rootSpan(bytes: Uint8Array): Span {
  const start = skipSpace(bytes, 0);
  return { start, end: endOfValue(bytes, start) };
}

/** Members of the object at `span` in the order of the text; none when it is not an object. */
export function* members(bytes: Uint8Array, span: Span): Generator<MemberSpan, undefined> {
  if (bytes[span.start] !== OPEN_BRACE) return;
  let at = skipSpace(bytes, span.start + 1);
  while (bytes[at] !== CLOSE_BRACE) {
    const name = { start: at, end: endOfString(bytes, at) };
    const start = skipSpace(bytes, expect(bytes, skipSpace(bytes, name.end), COLON));
    const value = { start, end: endOfValue(bytes, start) };
    yield { key: decodeString(bytes, name), name, value };
    at = skipSeparator(bytes, value.end);
  }
}

/** Items of the array at `span`; none when it is not an array. */
export function* elements(bytes: Uint8Array, span: Span): Generator<Span, undefined> {
  if (bytes[span.start] !== OPEN_BRACKET) return;
  let at = skipSpace(bytes, span.start + 1);
  while (bytes[at] !== CLOSE_BRACKET) {
    const element = { start: at, end: endOfValue(bytes, at) };
    yield element;
    at = skipSeparator(bytes, element.end);
  }
}

/** The string whose quotes stand at the ends of `span`, escapes decoded. */
export function decodeString(bytes: Uint8Array, span: Span): string {
  const quoted = UTF8.decode(bytes.subarray(span.start, span.end));
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  const decoded: unknown = JSON.parse(quoted);
  return String(decoded);
}

/** The first byte at or after `from` that is not JSON whitespace. */
export function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

/** The byte after the string that opens at `start`. */
export function endOfString(bytes: Uint8Array, start: number): number {
  let at = expect(bytes, start, QUOTE);
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    at += byte === BACKSLASH ? 2 : 1;
  }
  throw new SpanFault(start);
}

/** The byte after the value that begins at `start`, whatever it is. */
export function endOfValue(bytes: Uint8Array, start: number): number {
  switch (bytes[start]) {
    case QUOTE:
      return endOfString(bytes, start);
    case OPEN_BRACE:
    case OPEN_BRACKET:
      return endOfContainer(bytes, start);
    default:
      return endOfScalar(bytes, start);
  }
}

/** The bytes were not gated: a fault of ours, never of the peer. */
export class SpanFault extends Error {
  override readonly name = 'SpanFault';
  readonly code = 'span_fault';

  constructor(at: number) {
    super(`the bytes are not the JSON that passed the gate: offset ${at}`);
  }
}

export const QUOTE = 0x22;
export const OPEN_BRACE = 0x7b;
export const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function childSpan(bytes: Uint8Array, parent: Span, step: PathStep): Span | undefined {
  if (typeof step === 'number') {
    let index = 0;
    for (const element of elements(bytes, parent)) {
      if (index === step) return element;
      index += 1;
    }
    return undefined;
  }
  for (const member of members(bytes, parent)) {
    if (member.key === step) return member.value;
  }
  return undefined;
}

/** From the end of one item to the start of the next, or to the closing bracket. */
function skipSeparator(bytes: Uint8Array, from: number): number {
  const at = skipSpace(bytes, from);
  if (bytes[at] === COMMA) return skipSpace(bytes, at + 1);
  if (bytes[at] === CLOSE_BRACE || bytes[at] === CLOSE_BRACKET) return at;
  throw new SpanFault(at);
}

function endOfContainer(bytes: Uint8Array, start: number): number {
  let depth = 0;
  let at = start;
  while (at < bytes.length) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfString(bytes, at);
        continue;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth -= 1;
        if (depth === 0) return at + 1;
        break;
    }
    at += 1;
  }
  throw new SpanFault(start);
}

/** A number, true, false or null: up to the next separator. */
function endOfScalar(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && !isSpace(bytes[at]) && !isSeparator(bytes[at])) at += 1;
  if (at === start) throw new SpanFault(start);
  return at;
}

function expect(bytes: Uint8Array, at: number, byte: number): number {
  if (bytes[at] !== byte) throw new SpanFault(at);
  return at + 1;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isSeparator(byte: number | undefined): boolean {
  return byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET;
}
