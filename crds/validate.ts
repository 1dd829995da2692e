// Says what is wrong with a policy: what the API server would refuse, and for the same reasons, and
// unknown fields besides, which the API server drops. Messages say what must be so, never a value.

import type { TSchema } from 'typebox';
import { McpGatewayClusterPolicySchema } from './cluster-policy.ts';
import { failures } from './evaluate-check.ts';
import { nearest } from './nearest.ts';
import { formatPath, type Path } from './path.ts';
import { McpGatewayPolicySchema, SERVER_OWNED_METADATA } from './policy.ts';
import { type SchemaNode, schemaNode } from './schema.ts';

export interface Problem {
  /** Such as `spec.rules[0].effect`; empty for the document itself. */
  readonly path: string;
  /** What must be so, for a person: completes "<path>: …". */
  readonly message: string;
}

/** Nobody reads more at a time, and a hostile file could have a hundred thousand. */
const MAX_PROBLEMS = 100;

interface Finding {
  readonly path: Path;
  readonly message: string;
}

/** All problems of a policy document; none when it is valid. Of another kind of document, only that. */
export function validatePolicy(value: unknown): Problem[] {
  return validate(McpGatewayPolicySchema, value);
}

/** The same for a baseline of the cluster. */
export function validateClusterPolicy(value: unknown): Problem[] {
  return validate(McpGatewayClusterPolicySchema, value);
}

function validate(schema: TSchema, value: unknown): Problem[] {
  const findings = inspect(schemaNode(schema), withoutServerFields(value), []);
  const foreign = findings.filter(({ path }) => path[0] === 'apiVersion' || path[0] === 'kind');
  return (foreign.length > 0 ? foreign : findings)
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message }) => ({ path: formatPath(path), message }));
}

/** A policy read back from a cluster is as good as the file it was applied from. */
function withoutServerFields(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const { status: _, ...document } = value;
  const { metadata } = document;
  if (!isRecord(metadata)) return document;
  const own = Object.entries(metadata).filter(([field]) => !SERVER_OWNED_METADATA.has(field));
  return { ...document, metadata: Object.fromEntries(own) };
}

function inspect(node: SchemaNode, value: unknown, path: Path): Finding[] {
  const findings = inspectShape(node, value, path);
  if (findings.length > 0) return findings;
  return (node.checks ?? []).flatMap((check) =>
    failures(check, value).map((below) => ({
      path: [...path, ...below],
      message: check.message,
    })),
  );
}

function inspectShape(node: SchemaNode, value: unknown, path: Path): Finding[] {
  switch (node.type) {
    case 'object':
      if (!isRecord(value)) return wrongType('an object', value, path);
      return node.properties === undefined
        ? inspectMap(node, value, path)
        : inspectFields(node, value, path);
    case 'array':
      return Array.isArray(value)
        ? inspectList(node, value, path)
        : wrongType('a list', value, path);
    case 'string':
      return typeof value === 'string'
        ? at(path, stringFault(node, value))
        : wrongType('text', value, path);
    case 'integer':
      return typeof value === 'number'
        ? at(path, integerFault(node, value))
        : wrongType('a whole number', value, path);
    case 'boolean':
      return typeof value === 'boolean' ? [] : wrongType('true or false', value, path);
  }
}

function inspectFields(node: SchemaNode, value: Record<string, unknown>, path: Path): Finding[] {
  const fields = new Map(Object.entries(node.properties ?? {}));
  const given = Object.keys(value);
  const missing = (node.required ?? []).filter((field) => !Object.hasOwn(value, field));
  const unknown = given.filter((field) => !fields.has(field)).slice(0, MAX_PROBLEMS);
  return [
    ...at(path, emptyFault(node, given.length)),
    ...missing.map((field) => ({ path: [...path, field], message: 'is required' })),
    ...unknown.flatMap((field) => at([...path, field], unknownField(field, [...fields.keys()]))),
    ...given.flatMap((field) => {
      const child = fields.get(field);
      return child === undefined ? [] : inspect(child, value[field], [...path, field]);
    }),
  ];
}

function unknownField(field: string, known: readonly string[]): string {
  const meant = nearest(field, known);
  return meant === undefined
    ? `is not a known field; known here: ${known.join(', ')}`
    : `is not a known field; did you mean ${meant}?`;
}

function inspectMap(node: SchemaNode, value: Record<string, unknown>, path: Path): Finding[] {
  const entries = Object.entries(value);
  if (node.maxProperties !== undefined && entries.length > node.maxProperties) {
    return at(path, `must have at most ${node.maxProperties} entries`);
  }
  const child = node.additionalProperties;
  if (child === undefined) return [];
  return entries.flatMap(([key, entry]) => inspect(child, entry, [...path, key]));
}

function inspectList(node: SchemaNode, value: readonly unknown[], path: Path): Finding[] {
  if (node.maxItems !== undefined && value.length > node.maxItems) {
    return at(path, `must have at most ${node.maxItems} entries`);
  }
  const child = node.items;
  if (child === undefined) return [];
  const findings = value.flatMap((item, index) => inspect(child, item, [...path, index]));
  return [
    ...at(path, emptyFault(node, value.length)),
    ...(findings.length > 0 ? findings : repetitions(node, value, path)),
  ];
}

/** What the list type of the schema forbids: equal entries of a set, equal keys of a list of names. */
function repetitions(node: SchemaNode, value: readonly unknown[], path: Path): Finding[] {
  const kind = node['x-kubernetes-list-type'];
  if (kind !== 'set' && kind !== 'map') return [];
  const keys = node['x-kubernetes-list-map-keys'] ?? [];
  const first = new Map<string, number>();
  return value.flatMap((item, index) => {
    const identity = JSON.stringify(isRecord(item) ? keys.map((key) => item[key]) : item);
    const earlier = first.get(identity);
    if (earlier === undefined) {
      first.set(identity, index);
      return [];
    }
    const repeated = keys.length === 0 ? '' : `the ${keys.join(' and ')} of `;
    const field = keys.at(-1);
    return at(
      [...path, index, ...(field === undefined ? [] : [field])],
      `repeats ${repeated}${formatPath([...path, earlier])}`,
    );
  });
}

function emptyFault(node: SchemaNode, size: number): string | undefined {
  const least = node.type === 'array' ? node.minItems : node.minProperties;
  return least !== undefined && size < least
    ? 'must not be empty; leave the field out instead'
    : undefined;
}

function stringFault(node: SchemaNode, value: string): string | undefined {
  if (node.enum !== undefined) {
    if (node.enum.includes(value)) return undefined;
    return node.enum.length === 1
      ? `must be ${node.enum.join()}`
      : `must be one of ${node.enum.join(', ')}`;
  }
  // The API server counts code points.
  const length = [...value].length;
  if (node.minLength !== undefined && length < node.minLength) return 'must not be empty';
  if (node.maxLength !== undefined && length > node.maxLength) {
    return `must have at most ${node.maxLength} characters`;
  }
  const isFormed =
    (node.pattern === undefined || new RegExp(node.pattern, 'u').test(value)) &&
    (node.format !== 'uri' || URL.canParse(value));
  return isFormed ? undefined : `must be ${node.form ?? `text that matches ${node.pattern}`}`;
}

function integerFault(node: SchemaNode, value: number): string | undefined {
  if (!Number.isSafeInteger(value)) return 'must be a whole number';
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = node;
  return value < minimum || value > maximum ? `must be from ${minimum} to ${maximum}` : undefined;
}

function wrongType(expected: string, value: unknown, path: Path): Finding[] {
  return at(path, `must be ${expected}${value === null ? '; nothing stands there' : ''}`);
}

function at(path: Path, message: string | undefined): Finding[] {
  return message === undefined ? [] : [{ path, message }];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
