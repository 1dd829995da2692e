// The per-request envelope of the modern era: reserved keys of `params._meta`
// (2026-07-28, basic, "_meta"). A legacy message has none of them.

import { isObject, type JsonObject, type JsonValue } from './messages.ts';

export const PROTOCOL_VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';
export const CLIENT_INFO_KEY = 'io.modelcontextprotocol/clientInfo';
export const CLIENT_CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';

/** `params._meta`, when it is an object. */
export function metaOf(params: JsonObject): JsonObject | undefined {
  const meta = params._meta;
  return isObject(meta) ? meta : undefined;
}

/** What the message itself says its revision is: anything a peer may have written there. */
export function claimedRevision(params: JsonObject): JsonValue | undefined {
  return metaOf(params)?.[PROTOCOL_VERSION_KEY];
}
