// All tools of an MCP server, asked for as a client of either era asks: alone, or in a session.

import { isObject, type JsonObject } from '#core/mcp/messages.ts';
import { CLIENT_CAPABILITIES_KEY, CLIENT_INFO_KEY, PROTOCOL_VERSION_KEY } from '#core/mcp/meta.ts';
import { type Era, eraOf, factsOf, isRevision, type Revision } from '#core/mcp/revisions.ts';
import { VERSION } from '#platform/process/version.ts';
import { listTools, type PageAnswer, type ToolListing } from '#sidecar/tool-listing.ts';
import { callServer, type ServerAccess, type ServerAnswer, tellServer } from './server-call.ts';

export type ServerTools =
  | {
      readonly kind: 'listed';
      readonly revision: Revision;
      readonly tools: Extract<ToolListing, { readonly kind: 'complete' }>['tools'];
    }
  | Exclude<ServerAnswer, { readonly kind: 'result' }>;

const MODERN: Revision = '2026-07-28';
const LEGACY: Revision = '2025-11-25';
const CLIENT_INFO = { name: 'gatehouse', version: VERSION };
const ENVELOPE = {
  [PROTOCOL_VERSION_KEY]: MODERN,
  [CLIENT_CAPABILITIES_KEY]: {},
  [CLIENT_INFO_KEY]: CLIENT_INFO,
};

export function askTools(era: Era, access: ServerAccess): Promise<ServerTools> {
  return era === 'modern' ? askAlone(access) : askInSession(access);
}

/** Modern: discovery says whether it speaks this era at all; then each request stands alone. */
async function askAlone(access: ServerAccess): Promise<ServerTools> {
  const ask = (method: string, more: JsonObject) =>
    callServer(
      {
        method,
        params: { ...more, _meta: ENVELOPE },
        headers: { 'mcp-protocol-version': MODERN, 'mcp-method': method },
      },
      access,
    );
  const discovered = await ask('server/discover', {});
  return discovered.kind === 'result' ? listPages(MODERN, ask) : discovered;
}

async function askInSession(access: ServerAccess): Promise<ServerTools> {
  const params = { protocolVersion: LEGACY, capabilities: {}, clientInfo: CLIENT_INFO };
  const opened = await callServer({ method: 'initialize', params, headers: {} }, access);
  if (opened.kind !== 'result') return opened;
  const revision = chosenRevision(opened);
  if (revision === undefined) {
    const reason = 'the MCP server chose a protocol version that Gatehouse does not support';
    return { kind: 'failed', reason };
  }
  const headers = sessionHeaders(revision, opened.sessionId);
  const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
  await tellServer({ method: 'POST', headers, body: initialized }, access);
  const found = await listPages(revision, (method, params) =>
    callServer({ method, params, headers }, access),
  );
  if (opened.sessionId !== undefined) await tellServer({ method: 'DELETE', headers }, access);
  return found;
}

function chosenRevision({ result }: Extract<ServerAnswer, { kind: 'result' }>) {
  const chosen = isObject(result) ? result.protocolVersion : undefined;
  if (typeof chosen !== 'string' || !isRevision(chosen)) return undefined;
  return eraOf(chosen) === 'legacy' ? chosen : undefined;
}

function sessionHeaders(revision: Revision, sessionId: string | undefined) {
  const isNamed = factsOf(revision).versionHeader !== 'never';
  return {
    ...(isNamed ? { 'mcp-protocol-version': revision } : {}),
    ...(sessionId === undefined ? {} : { 'mcp-session-id': sessionId }),
  };
}

async function listPages(
  revision: Revision,
  ask: (method: string, more: JsonObject) => Promise<ServerAnswer>,
): Promise<ServerTools> {
  const listing = await listTools({
    ask: async (cursor) => pageOf(await ask('tools/list', cursor === undefined ? {} : { cursor })),
  });
  return listing.kind === 'complete'
    ? { kind: 'listed', revision, tools: listing.tools }
    : { kind: 'failed', reason: listing.refusal.reason };
}

function pageOf(answer: ServerAnswer): PageAnswer {
  switch (answer.kind) {
    case 'result':
      return answer;
    case 'methodUnknown':
      return { kind: 'noTools' };
    case 'notSpoken':
    case 'failed':
      return { kind: 'refused', refusal: { code: 'upstream_invalid', reason: answer.reason } };
  }
}
