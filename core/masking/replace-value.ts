// What stands in place of a value, and whether the output schema lets it stand there.

import type { JsonValue } from '#core/mcp/messages.ts';
import { canonicalOf, type Hmac, markerOf } from './actions.ts';
import { encodeBase64 } from './base-encodings.ts';
import type { Place } from './place.ts';
import { standInForText, standInForValue } from './stand-ins.ts';
import type { Finding } from './tally.ts';
import { applyEdits, type TextEdit } from './text-edits.ts';
import { replacementFor } from './text-scan.ts';
import type { Node } from './tree.ts';

/** What a rule wants in place of a whole value. */
export type Wanted =
  /** There is nothing to hide, or it is hidden already. */
  | { readonly kind: 'same' }
  /** `value` is what was hidden, in the form in which equal values are equal. */
  | { readonly kind: 'replaced'; readonly text: string; readonly value: string }
  /** The member goes; `text` is for where it cannot. */
  | { readonly kind: 'gone'; readonly text: string; readonly value: string };

export function wholeReplacement(
  node: Node,
  place: Place,
  { rule, value: found }: Finding,
  hmac: Hmac,
): Wanted {
  const raw = place.json.slice(node.start, node.end);
  if (raw === 'null') return { kind: 'same' };
  const isDropped = rule.action === 'Drop';
  const value = found === '' ? hiddenValue(node, raw) : found;
  const isShown = rule.action === 'Partial' && (node.kind === 'string' || node.kind === 'number');
  const text =
    isDropped || (rule.action === 'Partial' && !isShown)
      ? markerOf(rule.label)
      : replacementFor({ rule, value }, hmac);
  const written = place.isBinary ? encodeBase64(new TextEncoder().encode(text)) : text;
  if (isDropped && place.isRemovable()) return { kind: 'gone', text: written, value };
  const isDone = node.kind === 'string' && [written, markerOf(rule.label)].includes(node.value);
  if (isDone) return { kind: 'same' };
  return { kind: 'replaced', text: written, value };
}

/** The value to write: `text` itself, or what the schema allows instead; undefined for nothing. */
export function fitValue(text: string, node: Node, place: Place): JsonValue | undefined {
  const { schema } = place;
  if (schema === undefined || schema.fits(text)) return text;
  if (node.kind !== 'string') return standInForValue(schema);
  const whole = { start: 0, end: node.value.length, replacement: '' };
  return standInForText(node.value, [whole], schema);
}

export type FittedText =
  | { readonly kind: 'fits' }
  | { readonly kind: 'instead'; readonly value: JsonValue }
  | { readonly kind: 'nothing' };

/** Whether a string may become what the edits make of it. */
export function fitText(text: string, edits: readonly TextEdit[], place: Place): FittedText {
  const { schema } = place;
  if (schema === undefined || schema.fits(applyEdits(text, edits))) return { kind: 'fits' };
  const value = standInForText(text, edits, schema);
  return value === undefined ? { kind: 'nothing' } : { kind: 'instead', value };
}

/** Equal for equal values, whatever the order and the spacing in which they are written. */
export function stableText(value: JsonValue): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function hiddenValue(node: Node, raw: string): string {
  if (node.kind === 'string') return canonicalOf(node.value);
  if (node.kind === 'number') return canonicalOf(raw);
  const value: JsonValue = JSON.parse(raw);
  return stableText(value);
}
