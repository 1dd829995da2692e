// How a place in a policy is written: `spec.rules[0].match.tools`, and read back to find its line.

export type PathSegment = string | number;
export type Path = readonly PathSegment[];

const PLAIN_FIELD = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/;
/** A field name that a writer made up may be as long as the file; nobody reads more than this of it. */
const MAX_QUOTED_CHARS = 64;

/** Field names that are not plain words are quoted as JSON: `metadata.labels["a.b/c"]`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`;
    else if (PLAIN_FIELD.test(segment)) text += text === '' ? segment : `.${segment}`;
    else text += `[${quote(segment)}]`;
  }
  return text;
}

/** The segments of a path that formatPath wrote. */
export function parsePath(text: string): Path {
  const path: PathSegment[] = [];
  for (const [, field, index, quoted] of text.matchAll(
    /\.?([A-Za-z_][\w-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/g,
  )) {
    if (field !== undefined) path.push(field);
    else if (index !== undefined) path.push(Number(index));
    else if (quoted !== undefined) path.push(String(JSON.parse(quoted)));
  }
  return path;
}

function quote(field: string): string {
  const shown = field.length > MAX_QUOTED_CHARS ? `${field.slice(0, MAX_QUOTED_CHARS)}…` : field;
  // Line and paragraph separators, and controls of the C1 set, may not reach a terminal or a log.
  return JSON.stringify(shown).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    '?',
  );
}
