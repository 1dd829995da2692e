// Checks what people write for `policy test` and `policy explain`: fields by name and kind. Every
// problem has its place, so that it can be shown with file and line; values are never repeated.

import { isObject, type JsonValue } from '#core/mcp/messages.ts';
import { nearest } from '#crds/nearest.ts';
import type { Path } from '#crds/path.ts';

export interface InputProblem {
  readonly path: Path;
  /** What must be so: completes "<path>: …". */
  readonly message: string;
}

export type Input<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly InputProblem[] };

/** What one field may hold. */
export interface FieldKind {
  readonly holds: (value: unknown) => boolean;
  readonly must: string;
}

export const TEXT: FieldKind = {
  holds: (value) => typeof value === 'string' && value !== '',
  must: 'must be text',
};
export const TEXTS: FieldKind = {
  holds: (value) => Array.isArray(value) && value.every(TEXT.holds),
  must: 'must be a list of texts',
};
export const BOOLEAN: FieldKind = {
  holds: (value) => typeof value === 'boolean',
  must: 'must be true or false',
};
export const OBJECT: FieldKind = {
  holds: (value) => isJson(value) && isObject(value),
  must: 'must be an object of JSON values',
};
export const ANYTHING: FieldKind = { holds: () => true, must: 'may be anything' };

export function oneOf(...words: readonly string[]): FieldKind {
  return {
    holds: (value) => words.some((word) => word === value),
    must: `must be ${words.join(' or ')}`,
  };
}

/** Unknown fields and fields of the wrong kind; none when `value` is an object of these fields. */
export function checkFields(
  value: unknown,
  path: Path,
  kinds: Readonly<Record<string, FieldKind>>,
): readonly InputProblem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ path, message: 'must be an object' }];
  }
  return Object.entries(value).flatMap(([field, content]) => {
    const kind = Object.hasOwn(kinds, field) ? kinds[field] : undefined;
    const place = [...path, field];
    if (kind === undefined) return [{ path: place, message: unknownField(field, kinds) }];
    return kind.holds(content) ? [] : [{ path: place, message: kind.must }];
  });
}

export function failed(path: Path, message: string): Input<never> {
  return { ok: false, problems: [{ path, message }] };
}

function unknownField(field: string, kinds: Readonly<Record<string, FieldKind>>): string {
  const meant = nearest(field, Object.keys(kinds));
  return meant === undefined
    ? `is not a field here; there are ${Object.keys(kinds).join(', ')}`
    : `is not a field here; did you mean ${meant}?`;
}

function isJson(value: unknown): value is JsonValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      return value === null || Object.values(value).every(isJson);
    default:
      return false;
  }
}
