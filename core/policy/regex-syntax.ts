// Reads the regular expressions of CEL `matches` (the RE2 syntax without captures, look-around and
// Unicode classes) into a tree for regex.ts. What cannot run in linear time cannot be written.

/** A regular expression as a tree. */
export type RegexNode =
  | { readonly kind: 'take'; readonly accepts: Accepts }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'all'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'any'; readonly parts: readonly RegexNode[] }
  | {
      readonly kind: 'repeat';
      readonly part: RegexNode;
      readonly min: number;
      readonly max: number;
    };

/** Whether a code point is one of those wanted here. */
export type Accepts = (codePoint: number) => boolean;
export type Assertion = 'start' | 'end' | 'wordBoundary' | 'noWordBoundary';

/** Why a pattern is refused; completes "the pattern …". */
export class RegexFault extends Error {
  override readonly name = 'RegexFault';
  readonly code = 'regex_invalid';
}

/** As RE2 does. */
const MAX_REPEAT = 1000;
const MAX_NESTING = 50;

/** Throws RegexFault. */
export function readRegex(pattern: string): RegexNode {
  const flags = /^\(\?([is]+)\)/.exec(pattern);
  return new Reader(pattern, flags?.[0].length ?? 0, flags?.[1] ?? '').readWhole();
}

/** RE2's word characters: ASCII. */
export function isWord(codePoint: number): boolean {
  return WORD(codePoint);
}

const DIGIT: Accepts = (c) => c >= 48 && c <= 57;
const SPACE: Accepts = (c) => c === 32 || (c >= 9 && c <= 13 && c !== 11);
const WORD: Accepts = (c) => DIGIT(c) || c === 95 || (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
const not =
  (accepts: Accepts): Accepts =>
  (c) =>
    !accepts(c);

const CLASSES: ReadonlyMap<string, Accepts> = new Map([
  ['d', DIGIT],
  ['D', not(DIGIT)],
  ['s', SPACE],
  ['S', not(SPACE)],
  ['w', WORD],
  ['W', not(WORD)],
]);
const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['t', 9],
  ['n', 10],
  ['v', 11],
  ['f', 12],
  ['r', 13],
]);
const ASSERTIONS: ReadonlyMap<string, Assertion> = new Map([
  ['A', 'start'],
  ['z', 'end'],
  ['b', 'wordBoundary'],
  ['B', 'noWordBoundary'],
]);

/** Walks the pattern once; `#at` only moves on. */
class Reader {
  readonly #text: readonly string[];
  readonly #ignoresCase: boolean;
  readonly #dotTakesNewline: boolean;
  #at: number;
  #depth = 0;

  constructor(pattern: string, start: number, flags: string) {
    this.#text = [...pattern];
    this.#at = start;
    this.#ignoresCase = flags.includes('i');
    this.#dotTakesNewline = flags.includes('s');
  }

  readWhole(): RegexNode {
    const node = this.#readAlternatives();
    if (this.#at < this.#text.length) throw new RegexFault('has a ) without its (');
    return node;
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #skip(expected: string): boolean {
    if (this.#peek() !== expected) return false;
    this.#at++;
    return true;
  }

  #next(): string {
    const character = this.#text[this.#at++];
    if (character === undefined) throw new RegexFault('ends too early');
    return character;
  }

  #readAlternatives(): RegexNode {
    if (++this.#depth > MAX_NESTING) throw new RegexFault('nests too deep');
    const parts = [this.#readSequence()];
    while (this.#skip('|')) parts.push(this.#readSequence());
    this.#depth--;
    return { kind: 'any', parts };
  }

  #readSequence(): RegexNode {
    const parts: RegexNode[] = [];
    for (let next = this.#peek(); next !== undefined; next = this.#peek()) {
      if (next === '|' || next === ')') break;
      parts.push(this.#readRepeated());
    }
    return { kind: 'all', parts };
  }

  #readRepeated(): RegexNode {
    const part = this.#readAtom();
    const bounds = this.#readBounds();
    if (bounds === undefined) return part;
    if (part.kind === 'assert') throw new RegexFault('repeats an assertion');
    this.#skip('?'); // lazy or not: the answer is the same
    if (/^[*+?{]$/.test(this.#peek() ?? '')) throw new RegexFault('has two quantifiers in a row');
    return { kind: 'repeat', part, ...bounds };
  }

  #readBounds(): { readonly min: number; readonly max: number } | undefined {
    if (this.#skip('*')) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#skip('+')) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#skip('?')) return { min: 0, max: 1 };
    if (!this.#skip('{')) return undefined;
    let text = '';
    for (let next = this.#next(); next !== '}'; next = this.#next()) text += next;
    const [whole, low = '', comma, high = ''] = /^(\d{1,4})(,(\d{0,4}))?$/.exec(text) ?? [];
    const min = Number(low);
    const max = comma === undefined ? min : high === '' ? Number.POSITIVE_INFINITY : Number(high);
    const largest = Number.isFinite(max) ? max : min;
    if (whole === undefined || min > max || largest > MAX_REPEAT) {
      throw new RegexFault(`has a repeat that is not {n}, {n,} or {n,m} up to ${MAX_REPEAT}`);
    }
    return { min, max };
  }

  #readAtom(): RegexNode {
    const character = this.#next();
    switch (character) {
      case '(':
        return this.#readGroup();
      case '[':
        return { kind: 'take', accepts: this.#readClass() };
      case '.':
        return { kind: 'take', accepts: this.#dotTakesNewline ? () => true : (c) => c !== 10 };
      case '^':
        return { kind: 'assert', what: 'start' };
      case '$':
        return { kind: 'assert', what: 'end' };
      case '\\':
        return this.#readEscape();
      case '*':
      case '+':
      case '?':
      case '{':
        throw new RegexFault(`has a ${character} with nothing to repeat; write \\${character}`);
      default:
        return this.#literal(codePointOf(character));
    }
  }

  #readGroup(): RegexNode {
    if (this.#skip('?') && !this.#skip(':')) {
      throw new RegexFault('has a group other than (…) and (?:…)');
    }
    const node = this.#readAlternatives();
    if (!this.#skip(')')) throw new RegexFault('has a ( without its )');
    return node;
  }

  #readEscape(): RegexNode {
    const letter = this.#peek() ?? '';
    const assertion = ASSERTIONS.get(letter);
    if (assertion !== undefined) {
      this.#at++;
      return { kind: 'assert', what: assertion };
    }
    const member = this.#readEscapedMember();
    return typeof member === 'number'
      ? this.#literal(member)
      : { kind: 'take', accepts: this.#folded(member) };
  }

  /** After a backslash: a code point, or a class such as \d. */
  #readEscapedMember(): number | Accepts {
    const letter = this.#next();
    if (letter === 'x') {
      const digits = [this.#next(), this.#next()].join('');
      if (!/^[0-9A-Fa-f]{2}$/.test(digits)) throw new RegexFault('has a \\x without two digits');
      return Number.parseInt(digits, 16);
    }
    const known = CLASSES.get(letter) ?? CONTROLS.get(letter);
    if (known !== undefined) return known;
    if (/[A-Za-z0-9]/.test(letter))
      throw new RegexFault(`has \\${letter}, which is not known here`);
    return codePointOf(letter);
  }

  #readClass(): Accepts {
    const negated = this.#skip('^');
    const members: Accepts[] = [];
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      members.push(this.#readClassMember());
    }
    this.#at++;
    const accepts = this.#folded((c) => members.some((member) => member(c)));
    return negated ? not(accepts) : accepts;
  }

  #readClassMember(): Accepts {
    const low = this.#readClassEnd();
    if (typeof low !== 'number') return low;
    const isRange = this.#peek() === '-' && (this.#text[this.#at + 1] ?? ']') !== ']';
    if (!isRange) return (c) => c === low;
    this.#at++;
    const high = this.#readClassEnd();
    if (typeof high !== 'number' || high < low) throw new RegexFault('has an unreadable range');
    return (c) => c >= low && c <= high;
  }

  #readClassEnd(): number | Accepts {
    const character = this.#next();
    if (character === '[' && this.#peek() === ':') throw new RegexFault('has a [: :] class');
    return character === '\\' ? this.#readEscapedMember() : codePointOf(character);
  }

  #literal(codePoint: number): RegexNode {
    return { kind: 'take', accepts: this.#folded((c) => c === codePoint) };
  }

  #folded(accepts: Accepts): Accepts {
    if (!this.#ignoresCase) return accepts;
    return (c) => accepts(c) || accepts(toCase(c, 'lower')) || accepts(toCase(c, 'upper'));
  }
}

function codePointOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** Left alone where the other case is not one code point. */
function toCase(codePoint: number, to: 'lower' | 'upper'): number {
  const character = String.fromCodePoint(codePoint);
  const other = [...(to === 'lower' ? character.toLowerCase() : character.toUpperCase())];
  return other.length === 1 ? codePointOf(other[0] ?? character) : codePoint;
}
