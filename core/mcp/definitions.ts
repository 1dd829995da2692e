// What a tool is, as one text whose hash changes whenever anything of its definition does, and what in
// a definition a model reads and a person does not see.

import { CanonicalJsonFault, canonicalJson } from './canonical-json.ts';
import { isArray, isObject, type JsonObject, type JsonValue } from './messages.ts';

/** One tool of a list. */
export interface ToolDefinition {
  readonly name: string;
  /**
   * RFC 8785 over the whole object as the server sent it, members that nobody knows included: a model
   * may read any of them. Undefined for a number too large to have a canonical form.
   */
  readonly text: string | undefined;
  /** It holds characters that a reader does not see. */
  readonly hidesText: boolean;
  /** What the structured content of its results must fit, as the server sent it. */
  readonly outputSchema?: JsonValue;
}

export type ToolPage =
  | {
      readonly ok: true;
      /** In the order of the list. */
      readonly tools: readonly ToolDefinition[];
      readonly nextCursor?: string;
    }
  | { readonly ok: false; readonly reason: string };

/** Reads the result of one `tools/list`. */
export function readToolPage(result: JsonValue): ToolPage {
  if (!isObject(result) || !isArray(result.tools)) return unreadable('result.tools is not a list');
  const { nextCursor } = result;
  // Some servers write null where they mean that there is no further page.
  if (nextCursor !== undefined && nextCursor !== null && typeof nextCursor !== 'string') {
    return unreadable('result.nextCursor is not a string');
  }
  const tools: ToolDefinition[] = [];
  for (const tool of result.tools) {
    if (!isObject(tool) || typeof tool.name !== 'string') {
      return unreadable('an entry of result.tools has no name');
    }
    tools.push({
      name: tool.name,
      text: textOf(tool),
      hidesText: hidesText(tool),
      ...(tool.outputSchema === undefined ? {} : { outputSchema: tool.outputSchema }),
    });
  }
  return { ok: true, tools, ...(typeof nextCursor === 'string' ? { nextCursor } : {}) };
}

/** Names and digests of all known tools as one text, whatever order they came in. */
export function catalogueText(digests: Iterable<readonly [name: string, digest: string]>): string {
  return canonicalJson(Object.fromEntries(digests));
}

function unreadable(reason: string): ToolPage {
  return { ok: false, reason };
}

function textOf(tool: JsonObject): string | undefined {
  try {
    return canonicalJson(tool);
  } catch (error) {
    if (error instanceof CanonicalJsonFault) return undefined;
    throw error;
  }
}

/**
 * Controls, tag characters, direction overrides, zero-width characters and the like. Not the selectors
 * of emoji; joiners only beside ASCII, where no script needs them.
 */
const HIDDEN =
  /[[\p{Default_Ignorable_Code_Point}\p{Cc}\ufff9-\ufffb]--[\t\n\r\u200c\u200d\ufe00-\ufe0f]]|[ -~][\u200c\u200d]|[\u200c\u200d][ -~]/v;

function hidesText(value: JsonValue): boolean {
  if (typeof value === 'string') return HIDDEN.test(value);
  if (typeof value !== 'object' || value === null) return false;
  if (isArray(value)) return value.some(hidesText);
  return Object.entries(value).some(([key, item]) => HIDDEN.test(key) || hidesText(item));
}
