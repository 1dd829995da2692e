// Structured content and the output schema of its tool: a client throws away what does not fit (MCP,
// "Tools"), and the text beside it says the same.

import { isObject, type JsonValue } from '#core/mcp/messages.ts';
import { stableText } from './replace-value.ts';
import { fits, newSchemaBudget } from './schema-check.ts';
import { rootPlace, type SchemaPlace } from './schema-place.ts';
import { Withheld } from './tally.ts';

/** What content of a message has to fit while it is masked. */
export interface ContentSchema {
  readonly place: SchemaPlace;
  /** The same for a JSON text that says what the structured content says; undefined for any other. */
  placeOfCopy(json: string): SchemaPlace | undefined;
  /** Throws Withheld unless the content of the masked message fits. */
  check(masked: string): void;
}

/** Undefined where there is no content, or it fits no more than it did: then anything may stand there. */
export function contentSchema(
  value: JsonValue,
  schema: JsonValue | undefined,
  sizeChars: number,
): ContentSchema | undefined {
  if (schema === undefined) return undefined;
  const contents = structuredContents(value);
  const areFitting = (all: readonly JsonValue[]): boolean => {
    const context = { root: schema, unknown: 'fits', budget: newSchemaBudget(sizeChars) } as const;
    return all.every((content) => fits(schema, content, context));
  };
  if (contents.length === 0 || !areFitting(contents)) return undefined;
  const copied = new Set(contents.map((content) => stableText(content)));
  const place = rootPlace(schema, newSchemaBudget(sizeChars));
  return {
    place,
    placeOfCopy: (json) => (copied.has(stableText(parse(json))) ? place : undefined),
    check: (masked) => {
      const left = structuredContents(parse(masked));
      if (left.length < contents.length || !areFitting(left)) throw new Withheld('unmaskable');
    },
  };
}

function parse(json: string): JsonValue {
  return JSON.parse(json);
}

/** Of an answer, of a task's result inside one, and of a task's result inside a notification. */
function structuredContents(value: JsonValue): readonly JsonValue[] {
  if (!isObject(value)) return [];
  const { result, params } = value;
  const inner = isObject(result) ? result.result : undefined;
  const notified = isObject(params) ? params.result : undefined;
  return [result, inner, notified].flatMap((holder) =>
    isObject(holder) && holder.structuredContent !== undefined ? [holder.structuredContent] : [],
  );
}
