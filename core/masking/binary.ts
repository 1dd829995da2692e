// Base64 that the protocol carries, images and files: searched where it is text, else passed or replaced
// whole, as the policy says. Pictures of values are pictures: nothing here can read them.

import { markerOf } from './actions.ts';
import { decodeBase64, encodeBase64 } from './base-encodings.ts';
import { isTextInBase64 } from './encoded-runs.ts';
import type { Place } from './place.ts';
import type { Plan } from './plan.ts';
import { applyEdits, type TextEdit } from './text-edits.ts';

export interface BinaryMasker {
  maskText(text: string, place: Place): readonly TextEdit[];
  /** Something is hidden here that no text was found in. */
  noteWithheld(place: Place): void;
}

/** Text of this length may be a value that happens to be written in the alphabet of base64. */
const MAX_AMBIGUOUS = 4096;

/** Edits of the string; undefined when it is no base64 and is text like any other. */
export function maskBinary(
  content: string,
  place: Place,
  masker: BinaryMasker,
): readonly TextEdit[] | undefined {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(content)) return undefined;
  const plain = { ...place, isBinary: false };
  if (content.length <= MAX_AMBIGUOUS) {
    const edits = masker.maskText(content, plain);
    if (edits.length > 0) return edits;
  }
  const { binary } = place.plan;
  switch (binary.kind) {
    case 'pass':
      return [];
    case 'withhold':
      return withhold(content, binary.rule.label, () => masker.noteWithheld(place));
    case 'scan':
      return scan(content, binary.plan, plain, masker);
  }
}

function withhold(content: string, label: string, note: () => void): readonly TextEdit[] {
  const replacement = encodeBase64(new TextEncoder().encode(markerOf(label)));
  if (content === replacement) return [];
  note();
  return whole(content, replacement);
}

function scan(
  content: string,
  plan: Plan,
  place: Place,
  masker: BinaryMasker,
): readonly TextEdit[] {
  if (!isTextInBase64(content)) return [];
  const bytes = decodeBase64(content, 0, content.length);
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const decodings = place.decodings + 1;
  const edits = masker.maskText(text, { ...place, plan, state: [], hits: [], decodings });
  if (edits.length === 0) return [];
  // bytes that are not UTF-8 are lost, beside a value that is hidden
  const masked = new TextEncoder().encode(applyEdits(text, edits));
  return whole(content, encodeBase64(masked));
}

function whole(content: string, replacement: string): readonly TextEdit[] {
  return [{ start: 0, end: content.length, replacement }];
}
