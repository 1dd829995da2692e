// Helpers that write TypeBox schemas a CRD accepts: structural, bounded, unions as optional siblings.
// Only these make schemas, so only their keywords occur; validate.ts and crd.ts know exactly those.

import { type TSchema, type TUnsafe, Type } from 'typebox';

/**
 * A rule JSON Schema cannot say, as CEL. Rendered into `x-kubernetes-validations` for the API server
 * and evaluated by validate.ts, so that laptop and cluster agree.
 */
export interface Check {
  /** CEL over `self` (the value this check stands on) that must be true; over `as` too with `each`. */
  readonly holds: string;
  /** What must be so, for a person: completes "<path>: …". */
  readonly message: string;
  /** Field of `self` (with `each`: of the element) to blame, dotted; the value itself when absent. */
  readonly field?: string;
  /** Optional list field of `self` whose every element must satisfy `holds`, bound to the name `as`. */
  readonly each?: { readonly list: string; readonly as: string };
}

/** `T` all the way down readonly: what code receives after validation. */
export type Immutable<T> = T extends readonly (infer Item)[]
  ? readonly Immutable<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Immutable<T[Key]> }
    : T;

/** A schema as its readers walk it: exactly the keywords that the helpers below can write. */
export interface SchemaNode {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly description: string;
  readonly default?: string | number | boolean;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly form?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly items?: SchemaNode;
  readonly properties?: { readonly [field: string]: SchemaNode };
  readonly required?: readonly string[];
  readonly additionalProperties?: SchemaNode;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly checks?: readonly Check[];
}

/** The walkable view of a schema that these helpers made. */
export function schemaNode(schema: TSchema): SchemaNode {
  return schema as unknown as SchemaNode;
}

interface Documented<T> {
  /** For the reference page and `kubectl explain`: meaning, edge cases, what refuses it. */
  readonly doc: string;
  /** What code does when the field is absent. Documented, never written by the API server. */
  readonly default?: T;
  readonly checks?: readonly Check[];
}

interface TextBounds extends Documented<string> {
  readonly maxLength: number;
  readonly minLength?: number;
  /** In the common part of RE2 and JavaScript; anchored. */
  readonly pattern?: string;
  /** With `pattern`, the same for a person: completes "must be …". */
  readonly form?: string;
  readonly format?: string;
}

/** A string; empty is refused unless `minLength: 0` says otherwise. */
export function text(options: TextBounds) {
  const { doc, ...bounds } = options;
  return Type.String({ description: doc, minLength: 1, ...bounds });
}

/** One of a few words. TypeBox writes literal unions as `const`, which a CRD cannot hold. */
export function choice<const Values extends readonly string[]>(
  values: Values,
  options: Documented<Values[number]>,
): TUnsafe<Values[number]> {
  const { doc, ...rest } = options;
  return Type.Unsafe<Values[number]>({
    type: 'string',
    enum: [...values],
    description: doc,
    ...rest,
  });
}

interface IntegerBounds extends Documented<number> {
  readonly minimum: number;
  readonly maximum: number;
}

export function integer(options: IntegerBounds) {
  const { doc, ...bounds } = options;
  return Type.Integer({ description: doc, ...bounds });
}

export function flag(options: Documented<boolean>) {
  const { doc, ...rest } = options;
  return Type.Boolean({ description: doc, ...rest });
}

interface ListBounds extends Documented<never> {
  readonly maxItems: number;
  readonly minItems?: number;
}

/** A list without order or repetition; an empty one is refused, since it reads as both all and none. */
export function set<Item extends TSchema>(item: Item, options: ListBounds) {
  return listOf(item, options, { 'x-kubernetes-list-type': 'set' });
}

/** A list of objects told apart by `name` (or another key), so that appliers can own single entries. */
export function namedList<Item extends TSchema>(
  item: Item,
  options: ListBounds & { readonly keys?: readonly string[] },
) {
  const { keys = ['name'], ...bounds } = options;
  return listOf(item, bounds, {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': [...keys],
  });
}

/** A list applied and replaced as one. */
export function list<Item extends TSchema>(item: Item, options: ListBounds) {
  return listOf(item, options, { 'x-kubernetes-list-type': 'atomic' });
}

/** String keys of the writer's choosing. Not Type.Record, which writes `patternProperties`. */
export function map<Value extends TSchema>(
  value: Value,
  options: Documented<never> & { readonly maxProperties: number },
): TUnsafe<Record<string, Type.Static<Value>>> {
  const { doc, ...bounds } = options;
  return Type.Unsafe<Record<string, Type.Static<Value>>>({
    type: 'object',
    additionalProperties: value,
    description: doc,
    ...bounds,
  });
}

/** An object of exactly these fields: validate.ts refuses any other by name. */
export function object<Properties extends Type.TProperties>(
  properties: Properties,
  options: Documented<never> & { readonly minProperties?: number },
) {
  const { doc, ...rest } = options;
  return Type.Object(properties, { description: doc, ...rest });
}

/** A union: exactly one of these sibling fields is given. */
export function exactlyOne(...fields: readonly string[]): Check {
  return {
    holds: `${countOf(fields)} == 1`,
    message: `must have exactly one of ${fields.join(', ')}`,
  };
}

/** Siblings of which one may be given, or none. */
export function atMostOne(fields: readonly string[], message: string): Check {
  return { holds: `${countOf(fields)} <= 1`, message };
}

/** The sibling `field` is given when, and only when, `discriminator` has this value. */
export function onlyWith(discriminator: string, value: string, field: string): Check {
  return {
    holds: `(has(self.${discriminator}) && self.${discriminator} == '${value}') == has(self.${field})`,
    message: `must be given when ${discriminator} is ${value}, and only then`,
    field,
  };
}

function countOf(fields: readonly string[]): string {
  return fields.map((field) => `(has(self.${field}) ? 1 : 0)`).join(' + ');
}

function listOf<Item extends TSchema>(item: Item, options: ListBounds, kind: object) {
  const { doc, ...bounds } = options;
  return Type.Array(item, { description: doc, minItems: 1, ...bounds, ...kind });
}
