// The output schemas of tools, within bounds: clients throw away structured content that does not fit,
// so masked content must. A schema that is not kept costs only that: what is masked is masked.

import type { JsonValue } from '#core/mcp/messages.ts';

/** One schema, as JSON text. Real ones have a few kilobytes. */
const MAX_CHARS = 256 * 1024;
/** All that are kept, as JSON text; what was least recently seen goes first. */
const MAX_TOTAL_CHARS = 16 * 1024 * 1024;

interface Held {
  readonly schema: JsonValue;
  readonly chars: number;
}

export class OutputSchemas {
  /** In the order in which they were last seen. */
  readonly #held = new Map<string, Held>();
  #totalChars = 0;

  find(name: string): JsonValue | undefined {
    return this.#held.get(name)?.schema;
  }

  /** Takes the place of the one that was kept; undefined when the tool has none. */
  keep(name: string, schema: JsonValue | undefined): void {
    this.#forget(name);
    if (schema === undefined) return;
    const chars = JSON.stringify(schema).length;
    if (chars > MAX_CHARS) return;
    this.#held.set(name, { schema, chars });
    this.#totalChars += chars;
    for (const [oldest] of this.#held) {
      if (this.#totalChars <= MAX_TOTAL_CHARS) return;
      this.#forget(oldest);
    }
  }

  #forget(name: string): void {
    this.#totalChars -= this.#held.get(name)?.chars ?? 0;
    this.#held.delete(name);
  }
}
