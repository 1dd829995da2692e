// What becomes of a value. Equal values become equal replacements, wherever in a message they stand.

import type { MaskingConfig } from '#crds/policy.ts';
import { BUILT_IN } from './detectors/built-in.ts';
import { folded } from './fold.ts';

export type MaskingAction = MaskingConfig['action'];

/** A keyed hash: HMAC-SHA-256 in lower-case hexadecimal, of which 96 bits are used. */
export type Hmac = (text: string) => string;

/** Weakest first: where several rules hit the same place the last of them holds. */
const STRENGTH: readonly MaskingAction[] = ['Partial', 'Hash', 'Redact', 'Drop', 'Block'];

/** Above zero when `a` hides more than `b`. */
export function compareActions(a: MaskingAction, b: MaskingAction): number {
  return STRENGTH.indexOf(a) - STRENGTH.indexOf(b);
}

export interface Replaceable {
  /** Name of the detector or of the entry of the policy. */
  readonly label: string;
  readonly action: MaskingAction;
  /** The value in the form in which equal values are equal. */
  readonly canonical: string;
}

/** The text that stands for a value; empty for Drop. Block never comes this far. */
export function replacementOf({ label, action, canonical }: Replaceable, hmac: Hmac): string {
  switch (action) {
    case 'Redact':
      return markerOf(label);
    case 'Partial':
      return partOf(canonical);
    case 'Hash':
      return tokenOf(canonical, hmac);
    case 'Drop':
      return '';
    case 'Block':
      throw new Error('a blocked message has no replacement');
  }
}

export function markerOf(label: string): string {
  return `[REDACTED:${label}]`;
}

/** The form in which a whole value is compared: as the detector that it belongs to would write it. */
export function canonicalOf(value: string): string {
  if (TOKEN.test(value) || PART.test(value)) return value;
  const text = folded(value).trim();
  const owner = BUILT_IN.find((detector) => {
    if (!detector.prefilter(text)) return false;
    const [match] = detector.find(text, detector.name);
    return match?.start === 0 && match.end === text.length;
  });
  return owner?.canonical(text) ?? text;
}

/** What Hash and Partial leave behind is already masked: masking it again changes nothing. */
const TOKEN = /^tok_v1_[0-9a-f]{24}$/;
const PART = /^\*{4}.{0,4}$/su;

function tokenOf(canonical: string, hmac: Hmac): string {
  if (TOKEN.test(canonical)) return canonical;
  const digest = hmac(canonical);
  if (!/^[0-9a-f]{24}/.test(digest)) throw new Error('the keyed hash is not hexadecimal');
  return `tok_v1_${digest.slice(0, 24)}`;
}

/** The last four characters, or the last half of what is short. */
function partOf(canonical: string): string {
  if (PART.test(canonical)) return canonical;
  const characters = [...canonical];
  const kept = Math.min(4, characters.length >> 1);
  return `****${kept === 0 ? '' : characters.slice(-kept).join('')}`;
}
