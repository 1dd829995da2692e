// Reads a message once, as bytes, and says whether masking could find anything in it; most messages go
// on for the cost of that. Where it cannot tell, because something is escaped, encoded or not ASCII, it
// says yes: whatever the full scan finds, the gate has let through.

import { BIT } from './detectors/built-in.ts';
import { looksEncoded, MIN_RUN } from './encoded-runs.ts';
import { DigitGate } from './gate-digits.ts';
import { endsInName, type NameGate } from './gate-names.ts';
import {
  beginsKey,
  endsJwtHeader,
  hasAwsId,
  hasGithubToken,
  isAwsSecret,
  isHarmlessEscape,
  isHexAt,
} from './gate-shapes.ts';

export interface GateNeeds {
  /** Bits of the detectors (built-in.ts). */
  readonly detectors: number;
  readonly names: NameGate;
  /** Every message has to be searched: a pattern, or a path of wildcards, may be met anywhere. */
  readonly always: boolean;
}

/** False only when the full scan would find nothing. */
export function mayHide(bytes: Uint8Array, needs: GateNeeds): boolean {
  return needs.always || new Scan(bytes, needs).run();
}

/** Words go on through letters, digits, dashes and the marks of base64. */
const WORD = 0;
const BREAK = 1;
const DIGIT = 2;
const DASH = 3;
const COLON = 4;
const DOT = 5;
const QUOTE = 6;
const BACKSLASH = 7;
/** `@`, `%` and `&`. */
const SIGN = 8;
const NOT_ASCII = 9;

const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => kindOf(byte));

function kindOf(byte: number): number {
  if (byte >= 0x80) return NOT_ASCII;
  const character = String.fromCharCode(byte);
  if (/[A-Za-z+/_]/.test(character)) return WORD;
  if (/[0-9]/.test(character)) return DIGIT;
  if (/[@%&]/.test(character)) return SIGN;
  const kinds = { '-': DASH, ':': COLON, '.': DOT, '"': QUOTE, '\\': BACKSLASH };
  return new Map(Object.entries(kinds)).get(character) ?? BREAK;
}

class Scan {
  readonly #bytes: Uint8Array;
  readonly #wanted: number;
  readonly #names: NameGate;
  readonly #digits: DigitGate;
  #mayHide = false;
  /** Where the word begins that is being read. */
  #word = 0;
  #lastColon = -8;
  #colons = 0;

  constructor(bytes: Uint8Array, needs: GateNeeds) {
    this.#bytes = bytes;
    this.#wanted = needs.detectors;
    this.#names = needs.names;
    this.#digits = new DigitGate(bytes, needs.detectors);
  }

  run(): boolean {
    const bytes = this.#bytes;
    const { length } = bytes;
    let at = 0;
    while (!this.#mayHide) {
      while (at < length && KINDS[bytes[at] ?? 0] === WORD) at += 1;
      if (at >= length) break;
      at = this.#readPastWord(at);
    }
    if (length - this.#word >= MIN_RUN) this.#readRun(this.#word, length);
    return this.#mayHide;
  }

  /** Where to read on. */
  #readPastWord(at: number): number {
    const kind = KINDS[this.#bytes[at] ?? 0] ?? BREAK;
    if (kind === DIGIT) {
      const next = this.#digits.read(at);
      this.#mayHide ||= this.#digits.mayHide;
      return next;
    }
    const word = this.#word;
    if (kind !== DASH && at - word >= MIN_RUN) this.#readRun(word, at);
    const next = kind === BREAK ? at + 1 : this.#readMark(kind, at, word);
    if (kind !== DASH) this.#word = next;
    return next;
  }

  /** Where to read on. */
  #readMark(kind: number, at: number, word: number): number {
    switch (kind) {
      case DASH:
        this.#hideIf(BIT.private_key, beginsKey(this.#bytes, at));
        return at + 1;
      case COLON:
        this.#readColon(at);
        return at + 1;
      case DOT:
        this.#hideIf(BIT.jwt, at - word >= MIN_RUN && endsJwtHeader(this.#bytes, word, at));
        return at + 1;
      case QUOTE:
        this.#readName(at, word);
        return at + 1;
      case BACKSLASH:
        // a quote in a string of JSON in a string is escaped, so names may end here too
        this.#readName(at, word);
        return this.#readEscape(at);
      case SIGN:
        this.#readSign(at);
        return at + 1;
      default:
        this.#mayHide = true;
        return at + 1;
    }
  }

  /** IPv6: two colons together, or seven with a group of hexadecimal between each. */
  #readColon(at: number): void {
    this.#colons = at - this.#lastColon <= 5 ? this.#colons + 1 : 1;
    this.#hideIf(BIT.ip, at - this.#lastColon === 1 || this.#colons >= 7);
    this.#lastColon = at;
  }

  #readSign(at: number): void {
    const bytes = this.#bytes;
    const sign = bytes[at];
    this.#hideIf(BIT.email, sign === 0x40);
    // %40 and &#64; may be anything
    if (sign === 0x25 && isHexAt(bytes, at + 1) && isHexAt(bytes, at + 2)) this.#mayHide = true;
    if (sign === 0x26 && bytes[at + 1] === 0x23) this.#mayHide = true;
  }

  #readEscape(at: number): number {
    const bytes = this.#bytes;
    const escaped = bytes[at + 1];
    if (escaped === 0x2f) this.#mayHide = true;
    if (escaped === 0x75) {
      if (!isHarmlessEscape(bytes, at)) this.#mayHide = true;
      return at + 6;
    }
    // `\\u0040` is an escape inside of a string inside of this one
    const inner = escaped === 0x5c ? bytes[at + 2] : undefined;
    if (inner === 0x75 || inner === 0x78 || inner === 0x2f) this.#mayHide = true;
    return at + 2;
  }

  #readName(at: number, word: number): void {
    if (at > word && endsInName(this.#bytes, word, at, this.#names)) this.#mayHide = true;
  }

  /** Long words: keys, tokens, and what is encoded. */
  #readRun(start: number, end: number): void {
    const bytes = this.#bytes;
    const wanted = this.#wanted;
    this.#mayHide ||=
      ((wanted & BIT.aws_key) !== 0 &&
        (hasAwsId(bytes, start, end) || isAwsSecret(bytes, start, end))) ||
      ((wanted & BIT.github_token) !== 0 && hasGithubToken(bytes, start, end)) ||
      looksEncoded(bytes, start, end) ||
      // the `n` of `\\n` is part of the word only as long as nobody decodes it
      (bytes[start - 1] === 0x5c && looksEncoded(bytes, start + 1, end));
  }

  #hideIf(bit: number, isFound: boolean): void {
    if (isFound && (this.#wanted & bit) !== 0) this.#mayHide = true;
  }
}
