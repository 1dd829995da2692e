// Folds what reads like ASCII into ASCII: fullwidth and styled letters, digits of every script, dashes,
// look-alikes; drops what is not seen at all. Values spelt that way are found like any other.

import { MapBuilder, type Mapped } from './offset-map.ts';

/** Undefined when folding changes nothing. */
export function fold(text: string): Mapped | undefined {
  if (!NOT_ASCII.test(text)) return undefined;
  const builder = new MapBuilder(text);
  let copied = 0;
  let at = 0;
  let hasChanged = false;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code < 0x80 || isPlain(code)) {
      at += 1;
      continue;
    }
    const point = text.codePointAt(at) ?? code;
    const end = at + (point > 0xffff ? 2 : 1);
    const folded = foldPoint(point);
    if (folded !== undefined) {
      builder.copy(copied, at);
      builder.replace(at, end, folded);
      copied = end;
      hasChanged = true;
    }
    at = end;
  }
  if (!hasChanged) return undefined;
  builder.copy(copied, text.length);
  return builder.finish();
}

/** The same as a string. */
export function folded(text: string): string {
  return fold(text)?.text ?? text;
}

const NOT_ASCII = /[^\0-\x7f]/;

/** Most of what is written in Latin, Chinese, Japanese and Korean: known to fold into itself. */
function isPlain(code: number): boolean {
  return (
    (code >= 0xc0 && code <= 0x131) ||
    (code >= 0x3041 && code <= 0x3098) ||
    (code >= 0x30a1 && code <= 0x30fe) ||
    (code >= 0x3400 && code <= 0x9fff) ||
    (code >= 0xac00 && code <= 0xd7a3)
  );
}

/** What a code point folds into; undefined when into itself. */
function foldPoint(point: number): string | undefined {
  const page = point >> 8;
  let known = PAGES.get(page);
  if (known === undefined) {
    known = Array.from({ length: 256 }, (_, low) => computeFold((page << 8) | low));
    PAGES.set(page, known);
  }
  return known[point & 0xff];
}

/** A memo, since the properties of a character are slow to ask: the same answers every time. */
const PAGES = new Map<number, readonly (string | undefined)[]>();

const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{M}]/u;

function computeFold(point: number): string | undefined {
  if (point < 0x80 || (point >= 0xd800 && point <= 0xdfff)) return undefined;
  const character = String.fromCodePoint(point);
  if (UNSEEN.test(character)) return '';
  const compatible = character.normalize('NFKC');
  const replaced = [...compatible].map(foldCompatible).join('');
  // only what becomes ASCII matters to a detector; the rest stays as it was
  return replaced !== character && /[\0-\x7f]/.test(replaced) ? replaced : undefined;
}

function foldCompatible(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x80) return character;
  const alike = LOOK_ALIKES.get(character);
  if (alike !== undefined) return alike;
  if (/\p{Nd}/u.test(character)) return String(digitValue(point));
  if (/\p{Pd}/u.test(character) || point === 0x2212) return '-';
  if (/\p{Zs}/u.test(character)) return ' ';
  return character;
}

/** Digits come in tens, from a code point that ends in 0 or in 6. */
function digitValue(point: number): number {
  const low = point & 0xf;
  const isFromZero = /\p{Nd}/u.test(String.fromCodePoint(point - low));
  return isFromZero ? low : low - 6;
}

/** Letters of other scripts that cannot be told from Latin ones, and full stops. */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  [
    ['АВЕКМНОРСТХаеорсухіјѕԁԛԝһӏ', 'ABEKMHOPCTXaeopcyxijsdqwhl'],
    ['ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονϲ', 'ABEZHIKMNOPTYXovc'],
    ['ІЈЅԌ', 'IJSG'],
    ['。．․', '...'],
  ].flatMap(([others = '', latin = '']) =>
    [...others].map((other, at): [string, string] => [other, latin.charAt(at)]),
  ),
);
