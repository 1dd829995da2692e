// A JSON text as a tree that knows where in the text each part stands, for texts that passed a parser.

export type Node = StringNode | ScalarNode | ArrayNode | ObjectNode;

/** Offsets in the text, `end` exclusive. */
interface Placed {
  readonly start: number;
  readonly end: number;
}

export interface StringNode extends Placed {
  readonly kind: 'string';
  /** Escapes decoded. */
  readonly value: string;
}

export interface ScalarNode extends Placed {
  readonly kind: 'number' | 'word';
}

export interface ArrayNode extends Placed {
  readonly kind: 'array';
  readonly items: readonly Node[];
}

export interface ObjectNode extends Placed {
  readonly kind: 'object';
  readonly members: readonly Member[];
}

export interface Member {
  readonly key: StringNode;
  readonly value: Node;
}

/** Deeper texts are not masked but withheld: readers walk the tree by recursion. */
const MAX_TREE_DEPTH = 1000;

/** Throws on a text that is not JSON or too deep: a fault, since the caller had it parsed. */
export function readTree(text: string): Node {
  return new Reader(text).read();
}

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Node {
    this.#skipSpace();
    const node = this.#value();
    this.#skipSpace();
    if (this.#at !== this.#text.length) throw new TreeFault();
    return node;
  }

  #value(): Node {
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x22:
        return this.#string();
      case 0x7b:
        return this.#nested(() => this.#object());
      case 0x5b:
        return this.#nested(() => this.#array());
      default:
        return this.#scalar();
    }
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_TREE_DEPTH) throw new TreeFault();
    const node = read();
    this.#depth -= 1;
    return node;
  }

  #object(): ObjectNode {
    const start = this.#at;
    const members: Member[] = [];
    this.#at += 1;
    this.#skipSpace();
    while (!this.#skip('}')) {
      const key = this.#string();
      this.#skipSpace();
      this.#expect(':');
      this.#skipSpace();
      members.push({ key, value: this.#value() });
      this.#separate('}');
    }
    return { kind: 'object', start, end: this.#at, members };
  }

  #array(): ArrayNode {
    const start = this.#at;
    const items: Node[] = [];
    this.#at += 1;
    this.#skipSpace();
    while (!this.#skip(']')) {
      items.push(this.#value());
      this.#separate(']');
    }
    return { kind: 'array', start, end: this.#at, items };
  }

  /** A comma and what follows it, or nothing before the closing bracket. */
  #separate(close: string): void {
    this.#skipSpace();
    if (this.#text.charAt(this.#at) !== close) this.#expect(',');
    this.#skipSpace();
  }

  #string(): StringNode {
    const start = this.#at;
    this.#expect('"');
    let isEscaped = false;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (Number.isNaN(code)) throw new TreeFault();
      this.#at += 1;
      if (code === 0x22) break;
      if (code !== 0x5c) continue;
      isEscaped = true;
      this.#at += 1;
    }
    const quoted = this.#text.slice(start, this.#at);
    const value = isEscaped ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
    return { kind: 'string', start, end: this.#at, value };
  }

  #scalar(): ScalarNode {
    const start = this.#at;
    const first = this.#text.charCodeAt(start);
    while (isScalarCode(this.#text.charCodeAt(this.#at))) this.#at += 1;
    if (this.#at === start) throw new TreeFault();
    const isWord = first === 0x74 || first === 0x66 || first === 0x6e;
    return { kind: isWord ? 'word' : 'number', start, end: this.#at };
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #skip(character: string): boolean {
    if (this.#text.charAt(this.#at) !== character) return false;
    this.#at += 1;
    return true;
  }

  #expect(character: string): void {
    if (!this.#skip(character)) throw new TreeFault();
  }
}

/** Digits, signs, dots and letters: numbers, `true`, `false`, `null`. */
function isScalarCode(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x2b ||
    code === 0x45
  );
}

export class TreeFault extends Error {
  override readonly name = 'TreeFault';
  readonly code = 'tree_fault';

  constructor() {
    super('the text cannot be read as a tree: it is not JSON or nests too deep');
  }
}
