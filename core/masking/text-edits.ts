// Edits of a text by offsets, and the way of an edit through the escapes of the JSON string that holds
// the text. Everything outside of the edits stays as it was.

import type { Match } from './detectors/detector.ts';

export interface TextEdit extends Match {
  readonly replacement: string;
}

/** In any order; two that overlap are a fault and throw. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  if (edits.length === 0) return text;
  const parts: string[] = [];
  let from = 0;
  for (const { start, end, replacement } of sorted(edits)) {
    if (start < from || end < start || end > text.length) {
      throw new RangeError('edits overlap or leave the text');
    }
    parts.push(text.slice(from, start), replacement);
    from = end;
  }
  parts.push(text.slice(from));
  return parts.join('');
}

/**
 * Edits of a decoded string as edits of the JSON text that writes it: `token` is where it stands,
 * quotes included. Escapes outside of the edits stay as they were written.
 */
export function escapeEdits(
  json: string,
  token: Match,
  edits: readonly TextEdit[],
): readonly TextEdit[] {
  let written = token.start + 1;
  let decoded = 0;
  const advance = (to: number): number => {
    while (decoded < to) {
      if (json.charCodeAt(written) !== 0x5c) written += 1;
      else written += json.charCodeAt(written + 1) === 0x75 ? 6 : 2;
      decoded += 1;
    }
    return written;
  };
  return sorted(edits).map(({ start, end, replacement }) => ({
    start: advance(start),
    end: advance(end),
    replacement: JSON.stringify(replacement).slice(1, -1),
  }));
}

/** Removes items of a list written with commas between; `removed` are indices in ascending order. */
export function removeItems(items: readonly Match[], removed: readonly number[]): TextEdit[] {
  const gone = new Set(removed);
  let hasKept = false;
  return items.flatMap((item, index) => {
    if (!gone.has(index)) {
      hasKept = true;
      return [];
    }
    // After a kept item the comma before goes, ahead of the first kept one the comma behind.
    const start = hasKept ? (items[index - 1]?.end ?? item.start) : item.start;
    const end = hasKept ? item.end : (items[index + 1]?.start ?? item.end);
    return [{ start, end, replacement: '' }];
  });
}

function sorted(edits: readonly TextEdit[]): readonly TextEdit[] {
  return edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
}
