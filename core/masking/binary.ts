// Base64 that the protocol carries, images and files: searched where it is text, else passed or replaced
// whole, as the policy says. Pictures of values are pictures: nothing here can read them.

import { markerOf } from './actions.ts';
import { decodeBase64, encodeBase64 } from './base-encodings.ts';
import { isTextInBase64 } from './encoded-runs.ts';
import { MAX_DECODINGS, type Place } from './place.ts';
import type { Plan } from './plan.ts';
import { applyEdits, type TextEdit } from './text-edits.ts';

export interface BinaryMasker {
  maskText(text: string, place: Place): readonly TextEdit[];
  /** Something is hidden here that no text was found in. */
  noteWithheld(place: Place): void;
}

/** Text of this length may be a value that happens to be written in the alphabet of base64. */
const MAX_AMBIGUOUS = 4096;

/** Edits of the string, base64 again; undefined when it is none and is text like any other. */
export function maskBinary(
  content: string,
  place: Place,
  masker: BinaryMasker,
): readonly TextEdit[] | undefined {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(content)) return undefined;
  const { binary } = place.plan;
  const plain = { ...place, isBinary: false };
  if (binary.kind === 'withhold') {
    return withhold(content, binary.rule.label, () => masker.noteWithheld(place));
  }
  if (binary.kind === 'scan' && isTextInBase64(content)) {
    return scan(content, binary.plan, plain, masker);
  }
  return content.length <= MAX_AMBIGUOUS ? scanUndecoded(content, plain, masker) : [];
}

function withhold(content: string, label: string, note: () => void): readonly TextEdit[] {
  const replacement = encodeText(markerOf(label));
  if (content === '' || content === replacement) return [];
  note();
  return whole(content, replacement);
}

function scan(
  content: string,
  plan: Plan,
  place: Place,
  masker: BinaryMasker,
): readonly TextEdit[] {
  const { text, encode } = readBytes(decodeBase64(content, 0, content.length));
  const decodings = place.decodings + 1;
  const edits = masker.maskText(text, { ...place, plan, state: [], hits: [], decodings });
  if (edits.length === 0) return [];
  return whole(content, likeBefore(content, encodeBase64(encode(applyEdits(text, edits)))));
}

/** A token where base64 should be: what is left of it is encoded, so that it can be read as such. */
function scanUndecoded(content: string, place: Place, masker: BinaryMasker): readonly TextEdit[] {
  const edits = masker.maskText(content, { ...place, decodings: MAX_DECODINGS });
  return edits.length === 0 ? [] : whole(content, encodeText(applyEdits(content, edits)));
}

function encodeText(text: string): string {
  return encodeBase64(new TextEncoder().encode(text));
}

interface ReadBytes {
  readonly text: string;
  readonly encode: (text: string) => Uint8Array;
}

/** What is not UTF-8 is read byte by byte, so that every byte beside what is hidden comes back. */
function readBytes(bytes: Uint8Array): ReadBytes {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, encode: (masked) => new TextEncoder().encode(masked) };
  } catch {
    const parts: string[] = [];
    for (let at = 0; at < bytes.length; at += CHUNK) {
      parts.push(String.fromCharCode(...bytes.subarray(at, at + CHUNK)));
    }
    const encode = (masked: string) => Uint8Array.from(masked, (unit) => unit.charCodeAt(0));
    return { text: parts.join(''), encode };
  }
}

/** As many arguments as any engine takes. */
const CHUNK = 8192;

/** In the alphabet of before, and padded as before. */
function likeBefore(before: string, base64: string): string {
  const urlSafe = /[-_]/.test(before) ? base64.replaceAll('+', '-').replaceAll('/', '_') : base64;
  const isPadded = before.length % 4 === 0;
  return isPadded ? urlSafe : urlSafe.replaceAll('=', '');
}

function whole(content: string, replacement: string): readonly TextEdit[] {
  return [{ start: 0, end: content.length, replacement }];
}
