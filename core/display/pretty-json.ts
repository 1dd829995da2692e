// Lays JSON text out on lines, changing nothing in it: a number or an escape is shown as it was
// recorded. What is no JSON, such as a message that was cut, is laid out as far as it goes.

export interface Layout {
  /** Each line is cut at `maxLineChars`; what follows `maxLines` is left out. */
  readonly maxLines: number;
  readonly maxLineChars: number;
}

export interface LaidOut {
  readonly lines: readonly string[];
  /** Characters of the text that are not shown. */
  readonly omittedChars: number;
}

/** A string, punctuation, or whatever else stands between those. */
const TOKEN = /"(?:[^"\\]|\\.)*"?|[[\]{}:,]|[^"[\]{}:,\s]+/gsy;
const SPACE = /\s*/gy;

export function layOutJson(text: string, layout: Layout): LaidOut {
  const page = new Page(layout);
  let at = skipSpace(text, 0);
  let before = '';
  while (at < text.length && !page.isFull) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0] ?? text.slice(at);
    at = skipSpace(text, at + token.length);
    page.put(token, before);
    before = token;
  }
  return { lines: page.lines, omittedChars: page.omittedChars + (text.length - at) };
}

class Page {
  readonly #layout: Layout;
  readonly #lines: string[] = [];
  #line = '';
  #depth = 0;
  omittedChars = 0;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  get isFull(): boolean {
    return this.#lines.length + 1 >= this.#layout.maxLines;
  }

  get lines(): readonly string[] {
    return this.#line.trim() === '' ? this.#lines : [...this.#lines, this.#line];
  }

  put(token: string, before: string): void {
    if (token === '}' || token === ']') {
      this.#depth -= 1;
      const isEmpty = before === '{' || before === '[';
      if (!isEmpty) this.#break();
    } else if (before === '{' || before === '[' || before === ',') {
      this.#break();
    }
    this.#line += this.#fitting(token) + (token === ':' ? ' ' : '');
    if (token === '{' || token === '[') this.#depth += 1;
  }

  #fitting(token: string): string {
    const room = Math.max(1, this.#layout.maxLineChars - this.#line.length);
    if (token.length <= room) return token;
    this.omittedChars += token.length - room;
    return `${token.slice(0, room)}…`;
  }

  #break(): void {
    this.#lines.push(this.#line);
    // Deeper text is not pushed off the screen for ever.
    this.#line = '  '.repeat(Math.min(Math.max(0, this.#depth), 20));
  }
}

function skipSpace(text: string, at: number): number {
  SPACE.lastIndex = at;
  return at + (SPACE.exec(text)?.[0].length ?? 0);
}
