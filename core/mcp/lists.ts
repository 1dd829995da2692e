// Shapes replies that depend on who asked: hides list items and marks the reply as private, by
// splicing. Cursors and every other byte stay the server's.

import { isArray, isObject, type JsonObject, type JsonValue } from './messages.ts';
import type { ListKind } from './methods.ts';
import { factsOf, type Revision } from './revisions.ts';
import { locate, type Span } from './spans.ts';
import { type Edit, removeElements, setMember, splice } from './splice.ts';

export interface PrivateReply {
  /** One JSON-RPC message that passed the gate. */
  readonly bytes: Uint8Array;
  /** The same message, parsed. */
  readonly value: JsonValue;
  readonly revision: Revision;
  /** Longest time that a client may cache it; a policy change shows after that at the latest. */
  readonly maxTtlMs?: number;
}

export interface ListReply extends PrivateReply {
  readonly list: ListKind;
  /** Asked with each item's name (URI of a resource, URI template of a template) and its place. */
  readonly keep: (name: string, index: number) => boolean;
}

export type Shaped =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly hidden: number }
  /** The reply cannot be judged and must be withheld. */
  | { readonly ok: false; readonly reason: string };

/** A minute: how long a client may go on showing what a changed policy hides. */
export const DEFAULT_MAX_TTL_MS = 60_000;

/** Members of the list result and what names an item in each. */
const LISTS = {
  tools: { member: 'tools', name: 'name' },
  prompts: { member: 'prompts', name: 'name' },
  resources: { member: 'resources', name: 'uri' },
  resourceTemplates: { member: 'resourceTemplates', name: 'uriTemplate' },
} as const satisfies Record<ListKind, { member: string; name: string }>;

/** Hides what `keep` does not keep. An error reply has no items and passes as it is. */
export function filterList(reply: ListReply): Shaped {
  const { bytes, list, keep } = reply;
  const result = resultOf(reply.value);
  if (result === 'error') return { ok: true, bytes, hidden: 0 };
  const { member, name } = LISTS[list];
  const names = namesOf(result?.[member], name);
  const array = locate(bytes, ['result', member]);
  if (result === undefined || names === undefined || array === undefined) {
    return { ok: false, reason: `result.${member} is not a list of items with a ${name}` };
  }
  const kept = names.map((itemName, index) => keep(itemName, index));
  const edits = removeElements(bytes, array, (index) => kept[index] === true);
  return {
    ok: true,
    bytes: splice(bytes, [...edits, ...privacyEdits(reply, result)]),
    hidden: edits.length,
  };
}

/** Marks a reply that depends on who asked, such as discover or a masked read. */
export function privatise(reply: PrivateReply): Shaped {
  const result = resultOf(reply.value);
  if (result === 'error') return { ok: true, bytes: reply.bytes, hidden: 0 };
  if (result === undefined) return { ok: false, reason: 'result is not an object' };
  return { ok: true, bytes: splice(reply.bytes, privacyEdits(reply, result)), hidden: 0 };
}

function resultOf(value: JsonValue): JsonObject | 'error' | undefined {
  if (!isObject(value)) return undefined;
  if (value.error !== undefined && value.result === undefined) return 'error';
  return isObject(value.result) ? value.result : undefined;
}

function namesOf(items: JsonValue | undefined, name: string): readonly string[] | undefined {
  if (!isArray(items)) return undefined;
  const names = items.map((item) => (isObject(item) ? item[name] : undefined));
  return names.every((found) => typeof found === 'string') ? names : undefined;
}

/**
 * `public` would let any cache serve one principal's view to another (2026-07-28, "Caching").
 * Legacy revisions have no such members: there they are set only where a server sent them.
 */
function privacyEdits(reply: PrivateReply, result: JsonObject): readonly Edit[] {
  const { bytes, revision, maxTtlMs = DEFAULT_MAX_TTL_MS } = reply;
  const span = locate(bytes, ['result']);
  if (span === undefined) return [];
  return [
    ...scopeEdits(bytes, span, result.cacheScope, factsOf(revision).cacheHints),
    ...ttlEdits(bytes, span, result.ttlMs, maxTtlMs),
  ];
}

function scopeEdits(
  bytes: Uint8Array,
  result: Span,
  scope: JsonValue | undefined,
  isDue: boolean,
): readonly Edit[] {
  if (scope === 'private' || (scope === undefined && !isDue)) return [];
  return [setMember(bytes, result, 'cacheScope', '"private"')];
}

function ttlEdits(
  bytes: Uint8Array,
  result: Span,
  ttlMs: JsonValue | undefined,
  maxTtlMs: number,
): readonly Edit[] {
  if (ttlMs === undefined || (typeof ttlMs === 'number' && ttlMs <= maxTtlMs)) return [];
  return [setMember(bytes, result, 'ttlMs', String(maxTtlMs))];
}
