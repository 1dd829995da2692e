// Whether a value fits a JSON Schema that a server wrote: as much of 2020-12 as output schemas use, in
// bounded time. What it cannot judge counts as told, so that a masked value is never guessed to fit.

import {
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  memberOf,
} from '#core/mcp/messages.ts';
import { compileRegex } from '#core/policy/regex.ts';
import { hasFormat, neutralOf } from './schema-formats.ts';

export interface SchemaContext {
  /** What `#/…` points into. */
  readonly root: JsonValue;
  /** How a pattern counts that cannot be judged, and a reference that leads nowhere. */
  readonly unknown: 'fits' | 'fails';
  readonly budget: SchemaBudget;
}

/** Counts down over all that is judged of one message: characters compared, steps of patterns. */
export interface SchemaBudget {
  steps: number;
}

/** For a message of so many characters: several times what judging real content by real schemas takes. */
export function newSchemaBudget(sizeChars: number): SchemaBudget {
  return { steps: Math.min(MAX_STEPS, MIN_STEPS + STEPS_PER_CHARACTER * sizeChars) };
}

/** Throws SchemaFault when the budget is used up. */
export function spendOn(budget: SchemaBudget, schemas: number, characters = 0): void {
  budget.steps -= schemas * SCHEMA_STEPS + characters;
  if (budget.steps < 0) throw new SchemaFault();
}

const MIN_STEPS = 5_000_000;
const STEPS_PER_CHARACTER = 16;
/** Seconds of work. */
const MAX_STEPS = 60_000_000;
/** What reading one character of a pattern takes, in characters compared. */
const PATTERN_STEPS = 50;
/** What looking at one schema takes, in characters compared. */
const SCHEMA_STEPS = 20;

/** Throws SchemaFault when judging would take too long. */
export function fits(schema: JsonValue, value: JsonValue, context: SchemaContext): boolean {
  return new Check(context).fits(schema, value, 0);
}

/** The schema that a local reference names. */
export function resolve(reference: JsonValue | undefined, root: JsonValue): JsonValue | undefined {
  if (typeof reference !== 'string' || !/^#(?:\/|$)/.test(reference)) return undefined;
  let at: JsonValue | undefined = root;
  for (const part of reference.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isArray(at)) at = at[Number(key)];
    else if (isObject(at) && Object.hasOwn(at, key)) at = at[key];
    else return undefined;
  }
  return at;
}

/** Whether a `pattern` of a schema matches; undefined when it is not of the syntax known here. */
export function matchesPattern(
  pattern: string,
  text: string,
  budget: SchemaBudget,
): boolean | undefined {
  spendOn(budget, 1, pattern.length * PATTERN_STEPS);
  try {
    return compileRegex(pattern).test(text, budget);
  } catch {
    return undefined;
  }
}

export class SchemaFault extends Error {
  override readonly name = 'SchemaFault';
  readonly code = 'schema_fault';

  constructor() {
    super('the output schema takes too long to judge by');
  }
}

const MAX_DEPTH = 128;

class Check {
  readonly #context: SchemaContext;

  constructor(context: SchemaContext) {
    this.#context = context;
  }

  fits(schema: JsonValue, value: JsonValue, depth: number): boolean {
    spendOn(this.#context.budget, 1);
    if (depth > MAX_DEPTH) throw new SchemaFault();
    if (!isObject(schema)) return schema !== false;
    return (
      hasType(schema.type, value) &&
      this.#isListed(schema, value) &&
      this.#refers(schema, value, depth + 1) &&
      this.#combines(schema, value, depth + 1) &&
      this.#holdsInside(schema, value, depth + 1)
    );
  }

  #holdsInside(schema: JsonObject, value: JsonValue, depth: number): boolean {
    if (typeof value === 'string') return this.#isText(schema, value);
    if (typeof value === 'number') return isInRange(schema, value);
    if (isArray(value)) return this.#isList(schema, value, depth);
    return !isObject(value) || this.#isRecord(schema, value, depth);
  }

  #refers(schema: JsonObject, value: JsonValue, depth: number): boolean {
    if (schema.$ref === undefined) return schema.$dynamicRef === undefined || this.#isUnknown();
    const target = resolve(schema.$ref, this.#context.root);
    return target === undefined ? this.#isUnknown() : this.fits(target, value, depth);
  }

  #combines(schema: JsonObject, value: JsonValue, depth: number): boolean {
    const every = listOf(schema.allOf).every((part) => this.fits(part, value, depth));
    const some =
      schema.anyOf === undefined ||
      listOf(schema.anyOf).some((part) => this.fits(part, value, depth));
    const one =
      schema.oneOf === undefined ||
      listOf(schema.oneOf).filter((part) => this.fits(part, value, depth)).length === 1;
    const none = schema.not === undefined || !this.fits(schema.not, value, depth);
    return every && some && one && none && this.#branches(schema, value, depth);
  }

  #branches(schema: JsonObject, value: JsonValue, depth: number): boolean {
    if (schema.if === undefined) return true;
    const branch = this.fits(schema.if, value, depth) ? schema.then : schema.else;
    return branch === undefined || this.fits(branch, value, depth);
  }

  #isText(schema: JsonObject, text: string): boolean {
    spendOn(this.#context.budget, 0, text.length);
    const length = [...text].length;
    if (length < numberOf(schema.minLength, 0)) return false;
    if (length > numberOf(schema.maxLength, Number.POSITIVE_INFINITY)) return false;
    if (typeof schema.format === 'string' && !hasFormat(schema.format, text)) return false;
    if (typeof schema.pattern !== 'string') return true;
    // Libraries write a format as a pattern too, in syntax that is not judged here (zod, `email`).
    const isNeutral = typeof schema.format === 'string' && neutralOf(schema.format) === text;
    const matches = matchesPattern(schema.pattern, text, this.#context.budget);
    return matches ?? (isNeutral || this.#isUnknown());
  }

  #isList(schema: JsonObject, items: readonly JsonValue[], depth: number): boolean {
    if (items.length < numberOf(schema.minItems, 0)) return false;
    if (items.length > numberOf(schema.maxItems, Number.POSITIVE_INFINITY)) return false;
    if (schema.uniqueItems === true) {
      const written = new Set(items.map((item) => this.#written(item)));
      if (written.size < items.length) return false;
    }
    const { contains } = schema;
    if (contains !== undefined && !items.some((item) => this.fits(contains, item, depth))) {
      return false;
    }
    const prefix = listOf(schema.prefixItems);
    return items.every((item, at) => this.fits(prefix[at] ?? schema.items ?? true, item, depth));
  }

  #isRecord(schema: JsonObject, record: JsonObject, depth: number): boolean {
    const keys = Object.keys(record);
    if (keys.length < numberOf(schema.minProperties, 0)) return false;
    if (keys.length > numberOf(schema.maxProperties, Number.POSITIVE_INFINITY)) return false;
    const required = listOf(schema.required);
    if (!required.every((key) => typeof key !== 'string' || Object.hasOwn(record, key))) {
      return false;
    }
    return keys.every((key) => this.#isMember(schema, record, key, depth));
  }

  #isMember(schema: JsonObject, record: JsonObject, key: string, depth: number): boolean {
    if (schema.propertyNames !== undefined && !this.fits(schema.propertyNames, key, depth)) {
      return false;
    }
    const value = record[key] ?? null;
    return membersOf(schema, key, this.#context.budget).every((part) =>
      this.fits(part, value, depth),
    );
  }

  #isListed(schema: JsonObject, value: JsonValue): boolean {
    if (schema.const === undefined && schema.enum === undefined) return true;
    const written = this.#written(value);
    if (schema.const !== undefined && this.#written(schema.const) !== written) return false;
    return (
      schema.enum === undefined || listOf(schema.enum).some((one) => this.#written(one) === written)
    );
  }

  /** The order of members counts, as it does in few validators: told apart means withheld. */
  #written(value: JsonValue): string {
    const text = JSON.stringify(value);
    spendOn(this.#context.budget, 1, text.length);
    return text;
  }

  #isUnknown(): boolean {
    return this.#context.unknown === 'fits';
  }
}

/** What one schema by itself says of the member `key`. */
export function membersOf(
  schema: JsonObject,
  key: string,
  budget: SchemaBudget,
): readonly JsonValue[] {
  const named = isObject(schema.properties) ? memberOf(schema.properties, key) : undefined;
  const patterned = isObject(schema.patternProperties)
    ? Object.entries(schema.patternProperties).flatMap(([pattern, part]) =>
        matchesPattern(pattern, key, budget) === false ? [] : [part],
      )
    : [];
  if (named === undefined && patterned.length === 0) {
    return schema.additionalProperties === undefined ? [] : [schema.additionalProperties];
  }
  return named === undefined ? patterned : [named, ...patterned];
}

export function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return isArray(value) ? value : [];
}

function hasType(type: JsonValue | undefined, value: JsonValue): boolean {
  if (type === undefined) return true;
  return (isArray(type) ? type : [type]).some((one) => isOfType(one, value));
}

function isOfType(type: JsonValue, value: JsonValue): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return isArray(value);
    case 'object':
      return isObject(value);
    default:
      return typeof value === type;
  }
}

function isInRange(schema: JsonObject, value: number): boolean {
  const factor = numberOf(schema.multipleOf, 0);
  return (
    value >= numberOf(schema.minimum, Number.NEGATIVE_INFINITY) &&
    value <= numberOf(schema.maximum, Number.POSITIVE_INFINITY) &&
    value > numberOf(schema.exclusiveMinimum, Number.NEGATIVE_INFINITY) &&
    value < numberOf(schema.exclusiveMaximum, Number.POSITIVE_INFINITY) &&
    (factor === 0 || Number.isInteger(value / factor))
  );
}

function numberOf(value: JsonValue | undefined, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}
