// The JSON-RPC message inside one event of a server's stream, strictly, because it is judged.

import { readJson } from '#core/mcp/json.ts';
import { parseMessage } from '#core/mcp/message.ts';
import type { JsonValue, Message } from '#core/mcp/messages.ts';
import type { PolicyLimits } from '#core/policy/compiled.ts';

/** The stream carries something that cannot be judged. */
export class StreamFault extends Error {
  override readonly name = 'StreamFault';
}

export interface EventMessage {
  readonly message: Message;
  readonly value: JsonValue;
}

/** Throws StreamFault. */
export function readEvent(data: Uint8Array, limits: PolicyLimits): EventMessage {
  const { maxReplyBytes: maxBytes, maxDepth } = limits;
  const json = readJson(data, { maxBytes, maxDepth, numbers: 'any' });
  if (!json.ok) throw new StreamFault('an event of the MCP server is not readable JSON');
  const parsed = parseMessage(json.value);
  if (!parsed.ok) throw new StreamFault('an event of the MCP server is not a JSON-RPC message');
  return { message: parsed.message, value: json.value };
}
