// The part of the gate that reads digits: cards, social security numbers, addresses and the check
// digits of an IBAN, told by how long the groups are and what stands between them.

import { BIT } from './detectors/built-in.ts';
import { isLuhn } from './detectors/credit-card.ts';
import { isMod97, LENGTHS } from './detectors/iban.ts';

const DOT = 0x2e;
const MIN_CARD = 12;
const MAX_CARD = 19;
const MIN_GROUP = 3;

export class DigitGate {
  readonly #bytes: Uint8Array;
  readonly #wanted: number;
  /** The end of the last group, and the lengths of the two groups before the one being read. */
  #end = -8;
  #last = 0;
  #beforeLast = 0;
  #chainDigits = 0;
  /** Of those groups that can be one card, and how many groups these are. */
  #cardDigits = 0;
  #cardGroups = 0;
  #quads = 0;
  #saysSsn: boolean | undefined;
  #mayHide = false;

  constructor(bytes: Uint8Array, wanted: number) {
    this.#bytes = bytes;
    this.#wanted = wanted;
  }

  get mayHide(): boolean {
    return this.#mayHide;
  }

  /** Reads the group of digits that begins at `start`; returns its end. */
  read(start: number): number {
    const bytes = this.#bytes;
    let end = start + 1;
    while (isDigit(bytes[end] ?? 0)) end += 1;
    const gap = start - this.#end;
    const isLinked = gap <= 3 && isGap(bytes, this.#end, start);
    const length = end - start;
    if (length > 1 && isLetter(bytes[start - 1] ?? 0)) {
      this.#hideIf(BIT.iban, isIban(bytes, start - 2));
    }
    if (isLinked) this.#readLinked(start, end);
    else {
      this.#chainDigits = length;
      this.#cardDigits = length;
      this.#cardGroups = 1;
      this.#quads = length > 3 ? 0 : 1;
      this.#last = 0;
      if (length >= 9) this.#readLong(start, end);
    }
    this.#beforeLast = this.#last;
    this.#last = length;
    this.#end = end;
    return end;
  }

  /** Digits after digits, with a separator between. */
  #readLinked(start: number, end: number): void {
    const length = end - start;
    const isDotted = start - this.#end === 1 && this.#bytes[this.#end] === DOT;
    this.#quads = length > 3 ? 0 : isDotted ? this.#quads + 1 : 1;
    if (this.#quads >= 4) this.#hideIf(BIT.ip, true);
    this.#readCard(start, end, isDotted);
    if (length === 4 && this.#last === 2 && this.#beforeLast === 3) this.#hideIf(BIT.us_ssn, true);
    if (length === 9) this.#hideIf(BIT.us_ssn, this.#isAboutSsn());
  }

  #readCard(start: number, end: number, isDotted: boolean): void {
    const length = end - start;
    // a short group ends a card, unless all are of one digit
    const goesOn = this.#last >= MIN_GROUP || this.#last === length;
    this.#chainDigits += length;
    if (goesOn) {
      this.#cardDigits += length;
      this.#cardGroups += 1;
    } else {
      // no card begins behind the point of a decimal
      this.#cardDigits = isDotted ? 0 : length;
      this.#cardGroups = isDotted ? 0 : 1;
    }
    const isDecimal = isDotted && this.#cardGroups === 2;
    if (this.#cardDigits >= MIN_CARD && !isDecimal) {
      this.#hideIf(BIT.credit_card, this.#cardDigits > length || this.#mayBeCard(start, end));
    }
    if (this.#chainDigits >= MIN_CARD) this.#hideIf(BIT.credit_card, this.#isExponent(end));
  }

  #readLong(start: number, end: number): void {
    const length = end - start;
    if (length >= MIN_CARD) this.#hideIf(BIT.credit_card, this.#mayBeCard(start, end));
    if (length === 9) this.#hideIf(BIT.us_ssn, this.#isAboutSsn());
  }

  #isExponent(end: number): boolean {
    return ((this.#bytes[end] ?? 0) | 0x20) === 0x65;
  }

  /** A lone group: its sum is known now, unless it goes on as a decimal number. */
  #mayBeCard(start: number, end: number): boolean {
    if (this.#bytes[end] === DOT || this.#isExponent(end)) return true;
    if (end - start > MAX_CARD) return false;
    return isLuhn(ASCII.decode(this.#bytes.subarray(start, end)));
  }

  /** Asked once: nine digits alone mean nothing. */
  #isAboutSsn(): boolean {
    this.#saysSsn ??= SSN_WORDS.test(ASCII.decode(this.#bytes));
    return this.#saysSsn;
  }

  #hideIf(bit: number, isFound: boolean): void {
    if (isFound && (this.#wanted & bit) !== 0) this.#mayHide = true;
  }
}

const ASCII = new TextDecoder('latin1');

/** Wherever saysSsn (us-ssn.ts) says yes, one of these stands. */
const SSN_WORDS = /ssn|social[ _-]?sec|soc[.]?[ _-]?sec|ss ?(?:#|no|num)/i;

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isLetter(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a);
}

/** As the detectors count separators (digit-groups.ts). */
function isGap(bytes: Uint8Array, from: number, to: number): boolean {
  let marks = 0;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at];
    if (byte === 0x2d || byte === DOT || byte === 0x5f) marks += 1;
    else if (byte !== 0x20) return false;
  }
  return marks <= 1;
}

/** Whether a country and its check digits begin here that hold for what follows. */
function isIban(bytes: Uint8Array, start: number): boolean {
  const first = upper(bytes[start] ?? 0);
  const length = isLetter(first) ? COUNTRIES[26 * first + upper(bytes[start + 1] ?? 0)] : 0;
  if (length === undefined || length === 0) return false;
  let compact = '';
  for (let at = start; compact.length < length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (isLetter(byte) || isDigit(byte)) compact += String.fromCharCode(upper(byte));
    else if (byte !== 0x20 && byte !== 0x2d) return false;
  }
  return isMod97(compact);
}

function upper(byte: number): number {
  return byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
}

/** Lengths by both letters of the country. */
const COUNTRIES = new Uint8Array(27 * 0x5b);
for (const [country, length] of LENGTHS) {
  COUNTRIES[26 * country.charCodeAt(0) + country.charCodeAt(1)] = length;
}
