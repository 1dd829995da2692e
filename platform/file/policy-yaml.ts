// Reads YAML as policies are written: one value per place, the same value that Kubernetes reads,
// with the line of every field. No aliases, no tags, no repeated keys: nothing means two things.

import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Scalar,
  Schema,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { formatPath, type Path, type PathSegment } from '#crds/path.ts';

export interface YamlProblem {
  /** From 1. */
  readonly line: number;
  readonly path: string;
  readonly message: string;
}

/** A document as a plain value; `lineOf` finds the line of a place, or of what stands nearest above. */
export interface YamlDocument {
  readonly value: unknown;
  lineOf(path: Path): number;
}

export type YamlReading =
  | { readonly ok: true; readonly documents: readonly YamlDocument[] }
  | { readonly ok: false; readonly problems: readonly YamlProblem[] };

/** Nobody reads more at a time. */
const MAX_PROBLEMS = 100;
/** No policy nests anywhere near it, and the walk is recursive. */
const MAX_DEPTH = 32;
/** Brackets in text may be unpaired too, but not this many; the parser is slow on them. */
const MAX_OPEN_BRACKETS = 512;

/** All documents of the text that hold anything. Never throws. */
export function readYaml(text: string): YamlReading {
  if (isWall(text)) {
    return { ok: false, problems: [{ line: 1, path: '', message: 'is nested beyond reason' }] };
  }
  const lineCounter = new LineCounter();
  const parsed = parseAllDocuments(text, {
    lineCounter,
    prettyErrors: false,
    stringKeys: true,
    // The walk finds repeated keys; the parser would compare each key with each other.
    uniqueKeys: false,
    version: '1.2',
  });
  const scope: Scope = { lineOf: (offset) => lineCounter.linePos(offset).line, problems: [] };
  const documents = [...parsed].flatMap((document) => {
    for (const { pos, message } of [...document.errors, ...document.warnings]) {
      scope.problems.push({ line: scope.lineOf(pos[0]), path: '', message: `YAML: ${message}` });
    }
    const { contents } = document;
    if (contents === null || (isScalar(contents) && contents.value === null)) return [];
    const root = locate(contents, offsetOf(contents), [], scope);
    return [{ value: root.value, lineOf: (path: Path) => lineOf(root, path, scope) }];
  });
  return scope.problems.length === 0
    ? { ok: true, documents }
    : { ok: false, problems: scope.problems.slice(0, MAX_PROBLEMS) };
}

/** Nesting that exists to exhaust the parser, found without parsing. */
function isWall(text: string): boolean {
  if (/(?:[-?][ \t]+){64}/.test(text)) return true;
  let open = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    open += bracket === '[' || bracket === '{' ? 1 : -1;
    if (open > MAX_OPEN_BRACKETS) return true;
  }
  return false;
}

interface Scope {
  readonly lineOf: (offset: number) => number;
  readonly problems: YamlProblem[];
}

/** A value, the offset of its key or of itself, and the same of what is inside it. */
interface Located {
  readonly value: unknown;
  readonly offset: number;
  readonly children: ReadonlyMap<PathSegment, Located>;
}

function lineOf(root: Located, path: Path, scope: Scope): number {
  let found = root;
  for (const segment of path) {
    const child = found.children.get(segment);
    if (child === undefined) break;
    found = child;
  }
  return scope.lineOf(found.offset);
}

function locate(node: unknown, offset: number, path: Path, scope: Scope): Located {
  const report = (message: string) =>
    scope.problems.push({ line: scope.lineOf(offset), path: formatPath(path), message });
  if (path.length > MAX_DEPTH) {
    report(`is nested deeper than ${MAX_DEPTH} levels`);
    return leaf(null, offset);
  }
  if (isAlias(node)) {
    report('must not be an alias: write the value out');
    return leaf(null, offset);
  }
  if (isNode(node) && node.tag !== undefined) {
    report('must not have a tag');
    return leaf(null, offset);
  }
  if (isMap(node)) return locateFields(node, offset, path, scope);
  if (isSeq(node)) return locateItems(node, offset, path, scope);
  if (!isScalar(node)) return leaf(null, offset);
  for (const fault of scalarFaults(node)) report(fault);
  return leaf(node.value, offset);
}

function locateItems(list: YAMLSeq, offset: number, path: Path, scope: Scope): Located {
  const items = list.items.map((item, index) =>
    locate(item, offsetOf(item), [...path, index], scope),
  );
  return {
    value: items.map(({ value }) => value),
    offset,
    children: new Map(items.map((item, index) => [index, item])),
  };
}

function locateFields(map: YAMLMap, offset: number, path: Path, scope: Scope): Located {
  const children = new Map<PathSegment, Located>();
  for (const { key, value } of map.items) {
    if (!isScalar(key)) continue; // Already an error of the parser.
    const name = String(key.value);
    const at = offsetOf(key);
    const faults = children.has(name) ? ['is given twice'] : keyFaults(key);
    for (const message of faults) {
      scope.problems.push({ line: scope.lineOf(at), path: formatPath([...path, name]), message });
    }
    children.set(name, locate(value, at, [...path, name], scope));
  }
  const entries = [...children].map(([name, child]) => [name, child.value]);
  return { value: Object.fromEntries(entries), offset, children };
}

function keyFaults(key: Scalar): readonly string[] {
  return key.value === '<<' && key.type === 'PLAIN'
    ? ['merge keys are not allowed: write the fields out']
    : scalarFaults(key);
}

const YAML_1_1 = new Schema({ schema: 'yaml-1.1' });

/** Kubernetes reads YAML 1.1, where `on` is true and 010 is 8: what differs there is not taken here. */
function scalarFaults(scalar: Scalar): readonly string[] {
  const { source, value } = scalar;
  if (scalar.type !== 'PLAIN' || source === undefined) return [];
  const tag = YAML_1_1.tags.find(
    (candidate) =>
      candidate.default === true && 'test' in candidate && candidate.test?.test(source),
  );
  const there = tag?.resolve === undefined ? source : resolveScalar(tag, source);
  return there === value ? [] : ['reads differently in Kubernetes (YAML 1.1): put it in quotes'];
}

function resolveScalar(tag: Schema['tags'][number], source: string): unknown {
  if (tag.collection !== undefined) return source;
  const resolved = tag.resolve(source, () => {}, {});
  return isScalar(resolved) ? resolved.value : resolved;
}

function leaf(value: unknown, offset: number): Located {
  return { value, offset, children: new Map() };
}

function offsetOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}
