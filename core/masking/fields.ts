// Rules for fields by their path, such as `customer.salary`, `**.salary` or `accounts.*.iban`, and which
// of them a place in a message meets. Followed step by step down the tree, all at once.

import { compileGlob, type Glob } from '#core/policy/glob.ts';
import { folded } from './fold.ts';

/** Which rules are part-way met at a place: opaque, made by `begin` and `step`. */
export type FieldState = readonly number[];

export interface FieldStep {
  readonly state: FieldState;
  /** Indices of the rules whose path ends here, ascending. */
  readonly hits: readonly number[];
}

/** Compiled paths of all rules of a plan. */
export interface FieldPaths {
  /** At the root of what paths are written from. */
  readonly begin: FieldState;
  /** Into a member or an item. An index may be left out of a path. */
  step(state: FieldState, key: string | number): FieldStep;
  /** States of both: where a value is read in two ways, as nested JSON is. */
  join(a: FieldState, b: FieldState): FieldState;
}

export type FieldPath = readonly Segment[];

type Segment =
  /** `**`: any number of steps, none too. */
  | { readonly kind: 'deep' }
  | { readonly kind: 'any' }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'glob'; readonly glob: Glob };

/** Undefined for a path that is not written in segments between single dots. */
export function compilePath(path: string): FieldPath | undefined {
  const parts = path.split('.');
  if (parts.includes('')) return undefined;
  const segments = parts.map(compileSegment);
  return segments.every((segment) => segment !== undefined) ? segments : undefined;
}

/** Case, `_` and `-` do not matter in a name, nor in which script its letters are written. */
export function foldName(name: string): string {
  return folded(name).toLowerCase().replaceAll(/[_-]/g, '');
}

/**
 * A name that every field of the path has on its way, folded: the gate looks for it. Undefined when
 * the path has wildcards alone.
 */
export function requiredName(path: FieldPath): string | undefined {
  return path
    .flatMap((segment) => (segment.kind === 'name' ? [segment.name] : []))
    .reduce<string | undefined>(
      (longest, name) => (name.length > (longest?.length ?? 0) ? name : longest),
      undefined,
    );
}

/** `paths` in the order of the rules; a rule may have several. */
export function compilePaths(
  paths: readonly { readonly rule: number; readonly path: FieldPath }[],
): FieldPaths {
  const program = new Program(paths);
  return {
    begin: program.begin(),
    step: (state, key) => program.step(state, key),
    join: (a, b) => (a === b || b.length === 0 ? a : [...new Set([...a, ...b])]),
  };
}

/** Places in all paths, numbered through; a place is before its segment. */
class Program {
  readonly #segments: (Segment | undefined)[] = [];
  readonly #rules: number[] = [];
  readonly #starts: number[] = [];

  constructor(paths: readonly { readonly rule: number; readonly path: FieldPath }[]) {
    for (const { rule, path } of paths) {
      this.#starts.push(this.#segments.length);
      for (const segment of [...path, undefined]) {
        this.#segments.push(segment);
        this.#rules.push(rule);
      }
    }
  }

  begin(): FieldState {
    const reached = new Set<number>();
    for (const start of this.#starts) this.#reach(start, reached);
    return [...reached];
  }

  step(state: FieldState, key: string | number): FieldStep {
    if (state.length === 0) return NOWHERE;
    const name = foldName(String(key));
    const reached = new Set<number>();
    const hits = new Set<number>();
    for (const place of state) {
      const segment = this.#segments[place];
      if (segment === undefined) continue;
      if (segment.kind === 'deep' || typeof key === 'number') this.#reach(place, reached);
      if (segment.kind === 'deep') this.#hitEnd(place + 1, hits);
      else if (matches(segment, name)) {
        this.#reach(place + 1, reached);
        this.#hitEnd(place + 1, hits);
      }
    }
    return { state: [...reached], hits: [...hits].sort((a, b) => a - b) };
  }

  /** A path that ends here, or in a `**` that needs no further step. */
  #hitEnd(place: number, hits: Set<number>): void {
    let at = place;
    while (this.#segments[at]?.kind === 'deep') at += 1;
    if (this.#segments[at] === undefined) hits.add(this.#rules[at] ?? 0);
  }

  #reach(place: number, reached: Set<number>): void {
    let at = place;
    reached.add(at);
    while (this.#segments[at]?.kind === 'deep') {
      at += 1;
      reached.add(at);
    }
  }
}

const NOWHERE: FieldStep = { state: [], hits: [] };

function compileSegment(part: string): Segment | undefined {
  if (part === '**') return { kind: 'deep' };
  if (part === '*') return { kind: 'any' };
  if (part.includes('**')) return undefined;
  const name = foldName(part);
  if (name === '') return undefined;
  return part.includes('*')
    ? { kind: 'glob', glob: compileGlob(name, 'name') }
    : { kind: 'name', name };
}

function matches(segment: Segment, name: string): boolean {
  switch (segment.kind) {
    case 'deep':
    case 'any':
      return true;
    case 'name':
      return segment.name === name;
    case 'glob':
      return segment.glob.matches(name);
  }
}
