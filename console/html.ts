// The one way to make HTML here. Whatever is put into a template is escaped, because nothing but this
// function can make the type that pages are made of; where escaping would not be enough, it throws.

import { visibleLines } from '#core/display/visible.ts';

/** Made by `html` alone. */
export type Html = Markup;

export type Value = string | number | Html | undefined | readonly Value[];

/** A template of ours is wrong: a bug, never somebody's input. */
export class TemplateFault extends Error {
  override readonly name = 'TemplateFault';
  readonly code = 'template';
}

class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** Where a value stands, which decides what it may be. */
type Place = 'text' | 'attribute' | 'address' | 'tag';

/** One entry for each template in the source. */
const places = new WeakMap<TemplateStringsArray, readonly Place[]>();

export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  const known = places.get(strings) ?? placesIn(strings);
  places.set(strings, known);
  let text = strings[0] ?? '';
  for (const [index, value] of values.entries()) {
    text += written(value, known[index] ?? 'tag') + (strings[index + 1] ?? '');
  }
  return new Markup(text);
}

function written(value: Value, place: Place): string {
  if (value === undefined) return '';
  if (value instanceof Markup) {
    if (place === 'attribute' || place === 'address') throw new TemplateFault('HTML in quotes');
    return value.toString();
  }
  if (typeof value === 'object') return value.map((each) => written(each, place)).join('');
  const text = String(value);
  switch (place) {
    case 'text':
    case 'attribute':
      return escaped(text);
    case 'address':
      if (!isOwnPath(text)) throw new TemplateFault('an address that is not a path of ours');
      return escaped(text);
    case 'tag':
      throw new TemplateFault('text among the attributes of a tag; put it in double quotes');
  }
}

/** Neither another origin nor another scheme. */
function isOwnPath(text: string): boolean {
  return /^(?:#|\/(?![/\\]))/.test(text);
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

/** What would steer the page, or the eye of the reader. */
function escaped(text: string): string {
  return visibleLines(text).replaceAll(/[&<>"']/g, (character) => ENTITIES.get(character) ?? '');
}

/** Walks the fixed parts of a template; a fault in one is found the first time it is used. */
function placesIn(strings: TemplateStringsArray): readonly Place[] {
  const walk = new Walk();
  const found = strings.slice(0, -1).map((part) => {
    walk.over(part);
    return walk.place();
  });
  walk.over(strings.at(-1) ?? '');
  walk.end();
  return found;
}

/** Attributes whose value the browser goes to. */
const ADDRESSES: ReadonlySet<string> = new Set(['href', 'src', 'action', 'formaction']);
/** Escaping does not make script or style safe. */
const FORBIDDEN = /^(?:on|style$|srcdoc$)/;

class Walk {
  #state: 'text' | 'tag' | 'quoted' = 'text';
  #attribute = '';
  #sinceTag = '';

  over(part: string): void {
    for (const character of part) this.#step(character);
  }

  place(): Place {
    if (this.#state === 'text') return 'text';
    if (this.#state === 'tag') return this.#unquoted();
    if (FORBIDDEN.test(this.#attribute)) {
      throw new TemplateFault(`a value in ${this.#attribute}, where escaping is not enough`);
    }
    return ADDRESSES.has(this.#attribute) ? 'address' : 'attribute';
  }

  end(): void {
    if (this.#state !== 'text') throw new TemplateFault('a tag that does not end');
  }

  #unquoted(): Place {
    if (/[=<]$/.test(this.#sinceTag) || /^<\/?\w*$/.test(this.#sinceTag)) {
      throw new TemplateFault('a value without double quotes, or as the name of a tag');
    }
    return 'tag';
  }

  #step(character: string): void {
    switch (this.#state) {
      case 'text':
        if (character === '<') this.#enter(character);
        return;
      case 'tag':
        this.#inTag(character);
        return;
      case 'quoted':
        if (character === '"') this.#state = 'tag';
        return;
    }
  }

  #enter(character: string): void {
    this.#state = 'tag';
    this.#sinceTag = character;
  }

  #inTag(character: string): void {
    if (character === '>') {
      if (/^<(?:script|style)\b/i.test(this.#sinceTag)) this.#mustBeEmpty();
      this.#state = 'text';
    } else if (character === '"') {
      this.#attribute = (/([\w:-]+)=$/.exec(this.#sinceTag)?.[1] ?? '').toLowerCase();
      this.#state = 'quoted';
    } else {
      this.#sinceTag += character;
    }
  }

  /** Scripts and styles come from files: what stands in the page itself would need leave to run. */
  #mustBeEmpty(): void {
    if (!/\bsrc=/.test(this.#sinceTag)) throw new TemplateFault('a script or a style in the page');
  }
}
