// Replaces byte ranges and leaves every other byte as it was.

import { elements, members, type Span } from './spans.ts';

export interface Edit extends Span {
  readonly replacement: Uint8Array;
}

/** Edits in any order; two that overlap are a fault of the caller and throw. */
export function splice(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  if (edits.length === 0) return bytes;
  const sorted = edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
  const sizeBytes = sorted.reduce(
    (sum, edit) => sum + edit.replacement.length - (edit.end - edit.start),
    bytes.length,
  );
  const spliced = new Uint8Array(Math.max(sizeBytes, 0));
  let from = 0;
  let to = 0;
  for (const { start, end, replacement } of sorted) {
    if (start < from || end < start || end > bytes.length) {
      throw new RangeError('edits overlap or leave the bytes');
    }
    spliced.set(bytes.subarray(from, start), to);
    spliced.set(replacement, to + start - from);
    to += start - from + replacement.length;
    from = end;
  }
  spliced.set(bytes.subarray(from), to);
  return spliced;
}

/** Removes items of the array at `array`, each with one comma; `keep` is asked by index. */
export function removeElements(
  bytes: Uint8Array,
  array: Span,
  keep: (index: number) => boolean,
): readonly Edit[] {
  const items = [...elements(bytes, array)];
  const edits: Edit[] = [];
  let hasKept = false;
  for (const [index, item] of items.entries()) {
    if (keep(index)) {
      hasKept = true;
      continue;
    }
    // After a kept item the comma before goes, ahead of the first kept one the comma behind.
    const start = hasKept ? (items[index - 1]?.end ?? item.start) : item.start;
    const end = hasKept ? item.end : (items[index + 1]?.start ?? item.end);
    edits.push({ start, end, replacement: NOTHING });
  }
  return edits;
}

/** Sets a member of the object at `object`, in place if it is there, else as its last one. */
export function setMember(bytes: Uint8Array, object: Span, key: string, json: string): Edit {
  let last: Span | undefined;
  for (const member of members(bytes, object)) {
    if (member.key === key) return { ...member.value, replacement: encode(json) };
    last = member.value;
  }
  const at = last?.end ?? object.start + 1;
  const comma = last === undefined ? '' : ',';
  return { start: at, end: at, replacement: encode(`${comma}${JSON.stringify(key)}:${json}`) };
}

/** Removes a member of the object at `object` with one comma; undefined when it is not there. */
export function removeMember(bytes: Uint8Array, object: Span, key: string): Edit | undefined {
  const all = [...members(bytes, object)];
  const at = all.findIndex((member) => member.key === key);
  const member = all[at];
  if (member === undefined) return undefined;
  const next = all[at + 1];
  // The first one takes the comma behind it along, any other the comma before it.
  const start = at === 0 ? member.name.start : (all[at - 1]?.value.end ?? member.name.start);
  const end = at === 0 ? (next?.name.start ?? member.value.end) : member.value.end;
  return { start, end, replacement: NOTHING };
}

const NOTHING = new Uint8Array(0);

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
