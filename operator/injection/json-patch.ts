// The difference of two JSON documents as JSON Patch (RFC 6902): additions where they belong, never an
// array replaced as a whole, so that what others write at the same time is not undone.

export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

export function diff(from: unknown, to: unknown, path = ''): PatchOperation[] {
  if (isSame(from, to)) return [];
  if (Array.isArray(from) && Array.isArray(to)) return diffLists(from, to, path);
  if (isObject(from) && isObject(to)) return diffObjects(from, to, path);
  return [{ op: 'replace', path, value: to }];
}

type Fields = Readonly<Record<string, unknown>>;

function diffObjects(from: Fields, to: Fields, path: string): PatchOperation[] {
  const removed = Object.keys(from)
    .filter((key) => !Object.hasOwn(to, key))
    .map((key): PatchOperation => ({ op: 'remove', path: below(path, key) }));
  const rest = Object.entries(to).flatMap(([key, value]): PatchOperation[] =>
    Object.hasOwn(from, key)
      ? diff(from[key], value, below(path, key))
      : [{ op: 'add', path: below(path, key), value }],
  );
  return [...removed, ...rest];
}

/** Entries that stay at the start and at the end are changed inside; between them is what went and came. */
function diffLists(from: readonly unknown[], to: readonly unknown[], path: string) {
  const shortest = Math.min(from.length, to.length);
  let start = 0;
  while (start < shortest && isSameEntry(from[start], to[start])) start += 1;
  let end = 0;
  while (end < shortest - start && isSameEntry(from.at(-1 - end), to.at(-1 - end))) end += 1;
  const operations: PatchOperation[] = [];
  for (let at = 0; at < start; at += 1) {
    operations.push(...diff(from[at], to[at], below(path, at)));
  }
  for (let at = from.length - end - 1; at >= start; at -= 1) {
    operations.push({ op: 'remove', path: below(path, at) });
  }
  for (let at = start; at < to.length - end; at += 1) {
    operations.push({ op: 'add', path: below(path, at), value: to[at] });
  }
  for (let at = end; at > 0; at -= 1) {
    operations.push(...diff(from.at(-at), to.at(-at), below(path, to.length - at)));
  }
  return operations;
}

/** Kubernetes tells entries of a list apart by name, where they have one. */
function isSameEntry(a: unknown, b: unknown): boolean {
  const name: unknown = Object(a).name;
  return (typeof name === 'string' && name === Object(b).name) || isSame(a, b);
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((one, at) => isSame(one, b[at]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]))
  );
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function below(path: string, key: string | number): string {
  return `${path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
