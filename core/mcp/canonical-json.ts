// RFC 8785 (JCS) for any JSON a peer may send: one text for one value, fractions included.
// core/evidence/canonical.ts is the narrower one, on purpose: evidence holds no fractions.

import { isArray, type JsonObject, type JsonValue } from './messages.ts';

/** The deepest message that a policy can let in (`limits.maxDepth`). */
const MAX_DEPTH = 512;

/** A value without a canonical form: the gate that reads messages lets none of these pass. */
export class CanonicalJsonFault extends Error {
  override readonly name = 'CanonicalJsonFault';
  readonly code = 'not_canonical';
}

/** Throws CanonicalJsonFault for what JSON cannot say; the message holds nothing of the value. */
export function canonicalJson(value: JsonValue): string {
  return write(value, 0);
}

function write(value: JsonValue | undefined, depth: number): string {
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      return writeNumber(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : writeContainer(value, depth);
    default:
      throw new CanonicalJsonFault(`a ${typeof value} has no canonical form`);
  }
}

/** ECMAScript's own serialisations of strings and numbers are those of sections 3.2.2.2 and 3.2.2.3. */
function writeString(value: string): string {
  if (!value.isWellFormed()) {
    throw new CanonicalJsonFault('a string with a lone surrogate has no canonical form');
  }
  return JSON.stringify(value);
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) {
    throw new CanonicalJsonFault('only finite numbers have a canonical form');
  }
  return String(value);
}

function writeContainer(value: readonly JsonValue[] | JsonObject, depth: number): string {
  if (depth >= MAX_DEPTH) {
    throw new CanonicalJsonFault(`nested deeper than ${MAX_DEPTH}`);
  }
  if (isArray(value)) {
    return `[${value.map((item) => write(item, depth + 1)).join(',')}]`;
  }
  // The default sort compares UTF-16 code units, which is the order of section 3.2.3.
  const members = Object.keys(value)
    .sort()
    .map((name) => `${writeString(name)}:${write(value[name], depth + 1)}`);
  return `{${members.join(',')}}`;
}
