// What may stand in a place whose schema forbids the usual replacement: values of the right shape that
// tell nothing of what was there. In the order in which they are tried.

import type { JsonValue } from '#core/mcp/messages.ts';
import { NEUTRAL_TEXTS } from './schema-formats.ts';
import type { SchemaPlace } from './schema-place.ts';
import { applyEdits, type TextEdit } from './text-edits.ts';

/** Longer strings are not imitated: their length is all that a row of stars would keep. */
const MAX_IMITATED = 4096;

/**
 * The first stand-in for a string that fits. `edits` are what was found in it; the whole string is
 * imitated when imitating those does not fit either.
 */
export function standInForText(
  text: string,
  edits: readonly TextEdit[],
  place: SchemaPlace,
): JsonValue | undefined {
  const imitated = edits.map((edit) => ({
    ...edit,
    replacement: imitate(text.slice(edit.start, edit.end)),
  }));
  return firstFitting(place, [
    applyEdits(text, imitated),
    ...NEUTRAL_TEXTS,
    ...(text.length <= MAX_IMITATED ? [imitate(text), '*'.repeat([...text].length)] : []),
    null,
  ]);
}

/** The first stand-in for anything else that fits. */
export function standInForValue(place: SchemaPlace): JsonValue | undefined {
  const bounds = place.schemas.flatMap((schema) => boundsOf(schema));
  return firstFitting(place, [null, 0, false, ...bounds, {}, [], '', ...NEUTRAL_TEXTS]);
}

function firstFitting(place: SchemaPlace, candidates: readonly JsonValue[]): JsonValue | undefined {
  return candidates.find((candidate) => place.fits(candidate));
}

/** The same shape: letters and digits of one kind each, everything else as it is. */
function imitate(text: string): string {
  return text
    .replaceAll(/\p{Nd}/gu, '0')
    .replaceAll(/\p{Lu}/gu, 'X')
    .replaceAll(/[^\P{L}X]/gu, 'x');
}

/** The least number that a schema allows says nothing of the one that was there. */
function boundsOf(schema: JsonValue): readonly JsonValue[] {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return [];
  return Object.entries(schema).flatMap(([keyword, value]) => {
    if (typeof value !== 'number') return [];
    if (keyword === 'minimum' || keyword === 'maximum') return [value];
    if (keyword === 'exclusiveMinimum') return [value + 1];
    return keyword === 'exclusiveMaximum' ? [value - 1] : [];
  });
}
