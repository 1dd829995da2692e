// Reads JSON whose keys V8 may have misread. V8 13.6 compares an escaped key with the key that followed in
// earlier objects by its raw letters: once `{"a":1,"\\":2}` was parsed anywhere, `{"a":1,"\u0062":2}` has a
// key of one backslash. A caller could so show us one member, or one `name`, and the server another.

import type { JsonObject, JsonValue } from './messages.ts';

/**
 * The value of a text that JSON.parse has accepted, and whose depth is bounded. A key that repeats
 * takes the last value, as there. Strings by themselves are never misread, so each is left to V8.
 */
export function readCarefully(text: string): JsonValue {
  const [value] = readValue(text, skipSpace(text, 0));
  return value;
}

/** A value, and where the text goes on after it. */
type Read<Value extends JsonValue> = readonly [value: Value, next: number];

function readValue(text: string, at: number): Read<JsonValue> {
  switch (text[at]) {
    case '{':
      return readObject(text, at);
    case '[':
      return readArray(text, at);
    case '"':
      return readString(text, at);
    default:
      return readScalar(text, at);
  }
}

function readObject(text: string, open: number): Read<JsonObject> {
  const members: [string, JsonValue][] = [];
  let at = skipSpace(text, open + 1);
  while (text[at] === '"') {
    const [key, afterKey] = readString(text, at);
    const colon = skipSpace(text, afterKey);
    const [value, afterValue] = readValue(text, skipSpace(text, colon + 1));
    members.push([key, value]);
    at = skipSeparator(text, afterValue);
  }
  // Unlike assignment, this makes a member named __proto__ one like any other.
  return [Object.fromEntries(members), at + 1];
}

function readArray(text: string, open: number): Read<readonly JsonValue[]> {
  const items: JsonValue[] = [];
  let at = skipSpace(text, open + 1);
  while (at < text.length && text[at] !== ']') {
    const [item, afterItem] = readValue(text, at);
    items.push(item);
    at = skipSeparator(text, afterItem);
  }
  return [items, at + 1];
}

const STRING = /"(?:[^"\\]|\\.)*"/y;
const SCALAR = /[-+.\w]*/y;
const SPACE = /[ \t\r\n]*/y;

function readString(text: string, at: number): Read<string> {
  const end = endOf(STRING, text, at);
  return [JSON.parse(text.slice(at, end)), end];
}

function readScalar(text: string, at: number): Read<JsonValue> {
  const end = endOf(SCALAR, text, at);
  return [JSON.parse(text.slice(at, end)), end];
}

function skipSpace(text: string, at: number): number {
  return endOf(SPACE, text, at);
}

/** Past a comma, if there is one: the text is valid, so what follows is the next part or the end. */
function skipSeparator(text: string, at: number): number {
  const next = skipSpace(text, at);
  return text[next] === ',' ? skipSpace(text, next + 1) : next;
}

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  pattern.test(text);
  return pattern.lastIndex;
}
