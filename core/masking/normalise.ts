// The views of a text in which values are looked for: as it is, with escapes decoded, and folded into
// ASCII, each with the way back to the original. Evasion costs more than writing a value twice.

import { fold } from './fold.ts';
import { MapBuilder, type Mapped, through, unmapped } from './offset-map.ts';

/** Escapes of escapes, and folding between: no honest text needs more rounds. */
const MAX_ROUNDS = 5;

/** The text first; each further view is made from the one before. */
export function viewsOf(text: string): readonly Mapped[] {
  const views = [unmapped(text)];
  let view = unmapped(text);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const next = decodeEscapes(view.text) ?? fold(view.text);
    if (next === undefined) break;
    view = through(view, next);
    views.push(view);
  }
  return views;
}

/** Escapes of JSON and JavaScript, of URLs, and of HTML and XML by number. */
const ESCAPES =
  /\\(?:u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]{1,6}\}|x[0-9A-Fa-f]{2}|["'\\/bfnrt])|(?:%[0-9A-Fa-f]{2})+|&#(?:[0-9]{1,7}|[xX][0-9A-Fa-f]{1,6});?/g;

function decodeEscapes(text: string): Mapped | undefined {
  if (!/[\\%]|&#/.test(text)) return undefined;
  const builder = new MapBuilder(text);
  let copied = 0;
  for (const found of text.matchAll(ESCAPES)) {
    const [sequence] = found;
    builder.copy(copied, found.index);
    if (sequence.startsWith('%')) decodePercent(builder, found.index, sequence);
    else builder.replace(found.index, found.index + sequence.length, decodeEscape(sequence));
    copied = found.index + sequence.length;
  }
  if (copied === 0) return undefined;
  builder.copy(copied, text.length);
  return builder.finish();
}

const CONTROLS: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

function decodeEscape(sequence: string): string {
  const kind = sequence.charAt(1);
  if (kind === '#') {
    const isHex = /^&#[xX]/.test(sequence);
    return characterOf(Number.parseInt(sequence.slice(isHex ? 3 : 2), isHex ? 16 : 10));
  }
  if (sequence.length === 2) return CONTROLS.get(kind) ?? kind;
  return characterOf(Number.parseInt(sequence.slice(2).replace('{', ''), 16));
}

function characterOf(point: number): string {
  return point <= 0x10ffff ? String.fromCodePoint(point) : '';
}

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** `%40` by `%40`; a character of several bytes is replaced as one. */
function decodePercent(builder: MapBuilder, start: number, escapes: string): void {
  const count = escapes.length / 3;
  let at = 0;
  while (at < count) {
    const size = Math.min(sizeOf(byteAt(escapes, at)), count - at);
    const bytes = Uint8Array.from({ length: size }, (_, index) => byteAt(escapes, at + index));
    builder.replace(start + 3 * at, start + 3 * (at + size), UTF8.decode(bytes));
    at += size;
  }
}

function byteAt(escapes: string, index: number): number {
  return Number.parseInt(escapes.slice(3 * index + 1, 3 * index + 3), 16);
}

/** Bytes of the UTF-8 sequence that this byte begins. */
function sizeOf(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}
