// What an output schema says of one place in the structured content: enough to choose a replacement
// that fits there. Read only where something is replaced. The whole content is checked again at the end
// (schema-check.ts), so that what is left out here can only mean withholding more.

import { isObject, type JsonObject, type JsonValue } from '#core/mcp/messages.ts';
import { fits, listOf, membersOf, resolve, type SchemaBudget, spendOn } from './schema-check.ts';

/** Of one message: what its schema is, and what may still be spent on reading it. */
interface SchemaSource {
  readonly root: JsonValue;
  readonly budget: SchemaBudget;
}

/** `budget` is that of the message. */
export function rootPlace(root: JsonValue, budget: SchemaBudget): SchemaPlace {
  return new SchemaPlace({ root, budget }, () => [root]);
}

export class SchemaPlace {
  readonly #source: SchemaSource;
  readonly #read: () => readonly JsonValue[];
  #schemas: readonly JsonValue[] | undefined;

  constructor(source: SchemaSource, read: () => readonly JsonValue[]) {
    this.#source = source;
    this.#read = read;
  }

  /** Schemas that all hold at this place. Throws SchemaFault when the budget is used up. */
  get schemas(): readonly JsonValue[] {
    this.#schemas ??= this.#read();
    return this.#schemas;
  }

  /** The place of a member or an item. */
  child(key: string | number): SchemaPlace {
    return new SchemaPlace(this.#source, () => stepAll(this.schemas, key, this.#source, 0));
  }

  /** Whether a value fits here; what cannot be judged does not. */
  fits(value: JsonValue): boolean {
    const context = { ...this.#source, unknown: 'fails' } as const;
    return this.schemas.every((schema) => fits(schema, value, context));
  }

  /** Whether the object at this place must have the member. */
  requires(key: string): boolean {
    const parts = flatten(this.schemas, this.#source);
    return parts.some((part) => listOf(part.required).includes(key));
  }
}

const MAX_PARTS = 64;
/** Alternatives inside alternatives; a schema may refer to itself without end. */
const MAX_ALTERNATIVES = 8;

/** References followed and `allOf` opened; bounded, since a schema may refer to itself. */
function flatten(
  schemas: readonly JsonValue[],
  { root, budget }: SchemaSource,
): readonly JsonObject[] {
  const parts: JsonObject[] = [];
  const pending = [...schemas];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (!isObject(next) || parts.length >= MAX_PARTS) continue;
    spendOn(budget, 1);
    parts.push(next);
    pending.push(...listOf(next.allOf).slice(0, MAX_PARTS));
    const target = resolve(next.$ref, root);
    if (target !== undefined) pending.push(target);
  }
  return parts;
}

function stepAll(
  schemas: readonly JsonValue[],
  key: string | number,
  source: SchemaSource,
  depth: number,
): readonly JsonValue[] {
  return flatten(schemas, source).flatMap((part) => [
    ...(typeof key === 'string' ? membersOf(part, key, source.budget) : itemsOf(part, key)),
    ...[part.anyOf, part.oneOf].flatMap((branches) =>
      depth < MAX_ALTERNATIVES ? alternatives(listOf(branches), key, source, depth + 1) : [],
    ),
  ]);
}

/** One of the branches holds, whichever: at the member, one of what they say of it. */
function alternatives(
  branches: readonly JsonValue[],
  key: string | number,
  source: SchemaSource,
  depth: number,
): readonly JsonValue[] {
  const parts = branches.map((branch) => ({ allOf: stepAll([branch], key, source, depth) }));
  return parts.length > 0 ? [{ anyOf: parts }] : [];
}

function itemsOf(schema: JsonObject, index: number): readonly JsonValue[] {
  const item = listOf(schema.prefixItems)[index] ?? schema.items;
  return item === undefined ? [] : [item];
}
