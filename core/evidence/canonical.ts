// RFC 8785 (JCS) for the values evidence is made of: one text for one value, so that a hash of the
// text is a hash of the value. Narrower than the RFC on purpose: integers only, no floats.

/** Deeper values are refused: nothing we record or seal nests anywhere near it. */
const MAX_DEPTH = 32;

/** A value outside the domain. A writer that meets it has a bug; a reader, a forged or foreign file. */
export class CanonicalFault extends Error {
  override readonly name = 'CanonicalFault';
  readonly code = 'not_canonical';
  readonly reason: string;
  /** Field names from the root down. */
  readonly path: readonly string[];

  constructor(reason: string, path: readonly string[] = []) {
    super(path.length === 0 ? reason : `${path.join('.')}: ${reason}`);
    this.reason = reason;
    this.path = path;
  }
}

/**
 * The canonical text of plain objects, arrays, well-formed strings, safe integers, booleans and
 * null. Throws CanonicalFault, naming the field, for anything else, `undefined` included.
 */
export function canonicalize(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      return writeInteger(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return writeContainer(value, depth);
    default:
      throw new CanonicalFault(`a ${typeof value} has no canonical form`);
  }
}

function writeString(value: string): string {
  if (!value.isWellFormed()) {
    throw new CanonicalFault('a string with a lone surrogate has no canonical form');
  }
  // ECMAScript's own string serialisation is the one RFC 8785 section 3.2.2.2 prescribes.
  return JSON.stringify(value);
}

function writeInteger(value: number): string {
  if (!Number.isSafeInteger(value)) {
    throw new CanonicalFault('only whole numbers up to 2^53-1 have a canonical form here');
  }
  return String(value);
}

function writeContainer(value: object | null, depth: number): string {
  if (value === null) {
    return 'null';
  }
  if (depth >= MAX_DEPTH) {
    throw new CanonicalFault(`nested deeper than ${MAX_DEPTH}`);
  }
  return Array.isArray(value) ? writeArray(value, depth + 1) : writeObject(value, depth + 1);
}

function writeArray(items: readonly unknown[], depth: number): string {
  let text = '[';
  for (let index = 0; index < items.length; index += 1) {
    text += (index === 0 ? '' : ',') + writeChild(items[index], String(index), depth);
  }
  return `${text}]`;
}

function writeObject(value: object, depth: number): string {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new CanonicalFault('only plain objects have a canonical form');
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  // The default sort compares UTF-16 code units, which is the order of RFC 8785 section 3.2.3.
  const names = [...fields.keys()].sort();
  let text = '{';
  for (const name of names) {
    const separator = text.length === 1 ? '' : ',';
    text += `${separator}${writeString(name)}:${writeChild(fields.get(name), name, depth)}`;
  }
  return `${text}}`;
}

function writeChild(value: unknown, name: string, depth: number): string {
  try {
    return write(value, depth);
  } catch (error) {
    if (error instanceof CanonicalFault) {
      throw new CanonicalFault(error.reason, [name, ...error.path]);
    }
    throw error;
  }
}
