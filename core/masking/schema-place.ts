// What an output schema says of one place in the structured content: enough to choose a replacement
// that fits there. The whole content is checked again at the end (schema-check.ts), so that what is
// left out here can only mean withholding more.

import { isObject, type JsonObject, type JsonValue } from '#core/mcp/messages.ts';
import { fits, listOf, membersOf, resolve } from './schema-check.ts';

/** Schemas that all hold at a place. */
export interface SchemaPlace {
  readonly root: JsonValue;
  readonly schemas: readonly JsonValue[];
}

export function rootPlace(schema: JsonValue): SchemaPlace {
  return { root: schema, schemas: [schema] };
}

/** The place of a member or an item. */
export function childPlace(place: SchemaPlace, key: string | number): SchemaPlace {
  const { root } = place;
  return { root, schemas: flatten(place.schemas, root).flatMap((part) => step(part, key, root)) };
}

/** Whether a value fits here; what cannot be judged does not. */
export function fitsAt(place: SchemaPlace, value: JsonValue): boolean {
  const { root } = place;
  return place.schemas.every((schema) => fits(schema, value, { root, unknown: 'fails' }));
}

/** Whether the object at this place must have the member. */
export function isRequiredAt(place: SchemaPlace, key: string): boolean {
  return flatten(place.schemas, place.root).some((part) => listOf(part.required).includes(key));
}

const MAX_PARTS = 64;
const PATTERN_STEPS = 100_000;

/** References followed and `allOf` opened; bounded, since a schema may refer to itself. */
function flatten(schemas: readonly JsonValue[], root: JsonValue): readonly JsonObject[] {
  const parts: JsonObject[] = [];
  const pending = [...schemas];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    if (!isObject(next) || parts.length >= MAX_PARTS) continue;
    parts.push(next);
    pending.push(...listOf(next.allOf));
    const target = resolve(next.$ref, root);
    if (target !== undefined) pending.push(target);
  }
  return parts;
}

function step(schema: JsonObject, key: string | number, root: JsonValue): readonly JsonValue[] {
  const direct = typeof key === 'string' ? membersOf(schema, key, budget()) : itemsOf(schema, key);
  return [
    ...direct,
    ...alternatives(schema.anyOf, key, root),
    ...alternatives(schema.oneOf, key, root),
  ];
}

/** One of the branches holds, whichever: at the member, one of what they say of it. */
function alternatives(
  branches: JsonValue | undefined,
  key: string | number,
  root: JsonValue,
): readonly JsonValue[] {
  const parts = listOf(branches).map((branch) => ({
    allOf: childPlace({ root, schemas: [branch] }, key).schemas,
  }));
  return parts.length > 0 ? [{ anyOf: parts }] : [];
}

function itemsOf(schema: JsonObject, index: number): readonly JsonValue[] {
  const item = listOf(schema.prefixItems)[index] ?? schema.items;
  return item === undefined ? [] : [item];
}

function budget() {
  return { steps: PATTERN_STEPS };
}
