// The gate once more, for one string of a message that it let through: most strings of it are clean.

import { mayHide } from './gate.ts';
import type { Place } from './place.ts';
import type { StringNode } from './tree.ts';

const BUFFER_BYTES = 16 * 1024;
/** UTF-8 has up to three bytes for each UTF-16 unit. */
const MAX_CHARS = Math.floor(BUFFER_BYTES / 3);
const ENCODER = new TextEncoder();

export class StringGate {
  readonly #buffer = new Uint8Array(BUFFER_BYTES);

  /** False only when there is nothing to find in the string, and nothing by the name that it has. */
  mayHide({ start, end }: StringNode, { json, hint, plan, isBinary }: Place): boolean {
    if (plan.needs.always || isBinary) return true;
    const written = `${JSON.stringify(hint)}:${json.slice(start, end)}`;
    // longer ones are searched at once, rather than looked at twice
    if (written.length > MAX_CHARS) return true;
    const { written: sizeBytes } = ENCODER.encodeInto(written, this.#buffer);
    return mayHide(this.#buffer.subarray(0, sizeBytes), plan.needs);
  }
}
