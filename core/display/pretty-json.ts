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

/** Punctuation, or whatever else stands between that and strings. */
const TOKEN = /[[\]{}:,]|[^"[\]{}:,\s]+/gsy;
const SPACE = /\s*/gy;

export function layOutJson(text: string, layout: Layout): LaidOut {
  const page = new Page(layout);
  let at = skipSpace(text, 0);
  let before = '';
  while (at < text.length && !page.isFull) {
    const token = tokenAt(text, at);
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

function tokenAt(text: string, at: number): string {
  if (text[at] === '"') return text.slice(at, endOfString(text, at));
  TOKEN.lastIndex = at;
  return TOKEN.exec(text)?.[0] ?? text.slice(at);
}

/** By hand: of a pattern with a choice in its loop each character takes stack, and a string may have 16 million. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text[end - 1 - escapes] === '\\') escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
  return text.length;
}

function skipSpace(text: string, at: number): number {
  SPACE.lastIndex = at;
  return at + (SPACE.exec(text)?.[0].length ?? 0);
}
