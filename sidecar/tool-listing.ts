// All pages of one `tools/list`, within bounds that a server cannot stretch.

import { readToolPage, type ToolDefinition } from '#core/mcp/definitions.ts';
import type { JsonValue } from '#core/mcp/messages.ts';
import type { Refusal } from '#core/refusal.ts';

export type PageAnswer =
  | { readonly kind: 'result'; readonly result: JsonValue; readonly sizeBytes: number }
  /** The server knows no such method: it has no tools. */
  | { readonly kind: 'noTools' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface ToolSource {
  /** Asks for one page; without a cursor the first. */
  readonly ask: (cursor: string | undefined) => Promise<PageAnswer>;
  /** Told of each page as it comes, also when a later one fails. */
  readonly onPage?: (tools: readonly ToolDefinition[], isLast: boolean) => void;
}

export type ToolListing =
  | { readonly kind: 'complete'; readonly tools: readonly ToolDefinition[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** More than any model is shown; a server beyond these is taken for one that never ends. */
const MAX_PAGES = 100;
export const MAX_TOOLS = 5_000;
const MAX_BYTES = 32 * 1024 * 1024;
/** It goes back to the server with each request; real ones are offsets. */
const MAX_CURSOR_CHARS = 4096;

export async function listTools({ ask, onPage }: ToolSource): Promise<ToolListing> {
  const tools: ToolDefinition[] = [];
  let sizeBytes = 0;
  let cursor: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const answer = await ask(cursor);
    if (answer.kind === 'refused') return answer;
    if (answer.kind === 'noTools') return { kind: 'complete', tools };
    const page = readToolPage(answer.result);
    if (!page.ok) return invalid(page.reason);
    const isLast = page.nextCursor === undefined;
    onPage?.(page.tools, isLast);
    tools.push(...page.tools);
    if (isLast) return { kind: 'complete', tools };
    sizeBytes += answer.sizeBytes;
    if (tools.length > MAX_TOOLS || sizeBytes > MAX_BYTES) break;
    if ((page.nextCursor?.length ?? 0) > MAX_CURSOR_CHARS) {
      return invalid(`result.nextCursor is over ${MAX_CURSOR_CHARS} characters`);
    }
    cursor = page.nextCursor;
  }
  return invalid(`it lists more than ${MAX_TOOLS} tools, ${MAX_BYTES} bytes or ${MAX_PAGES} pages`);
}

function invalid(reason: string): ToolListing {
  const said = `the list of tools of the MCP server cannot be used: ${reason}`;
  return { kind: 'refused', refusal: { code: 'upstream_invalid', reason: said } };
}
