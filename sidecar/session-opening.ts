// When an answer to `initialize` brings a session id, the client gets it sealed, with the revision
// that was negotiated in the body and what the client can do.

import type { JsonValue } from '#core/mcp/messages.ts';
import { isRevision } from '#core/mcp/revisions.ts';
import type { UpstreamReply } from '#platform/http/upstream.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import type { Outbound } from './judge-outbound.ts';
import type { Session } from './sessions.ts';

/**
 * The session that this answer opens, or the one it belongs to; undefined when there is none, or
 * when the server names another session than the one it was asked in.
 */
export function openedSession(
  reply: UpstreamReply,
  exchange: Exchange,
  answer: Outbound,
  gate: Gate,
): Session | undefined {
  const upstreamId = reply.headers['mcp-session-id'];
  if (typeof upstreamId !== 'string') return undefined;
  const { session, request, principal, sessionRecordId } = exchange.facts;
  if (session !== undefined) return session.upstreamId === upstreamId ? session : undefined;
  const revision = negotiated(answer);
  if (request?.method !== 'initialize' || revision === undefined) return undefined;
  return gate.sessions.seal(principal, {
    upstreamId,
    recordId: sessionRecordId ?? exchange.facts.id,
    revision,
    capabilities: namesOf(request.params.capabilities),
  });
}

function negotiated(answer: Outbound) {
  const { body } = answer.message;
  if (!('result' in body)) return undefined;
  const revision = memberOf(body.result, 'protocolVersion');
  return typeof revision === 'string' && isRevision(revision) ? revision : undefined;
}

function memberOf(value: JsonValue, name: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, JsonValue>>)[name];
}

/** Longest capability name kept: the sealed id must stay a reasonable header. */
const MAX_NAME_CHARS = 32;

function namesOf(capabilities: JsonValue | undefined): readonly string[] {
  if (typeof capabilities !== 'object' || capabilities === null) return [];
  return Object.keys(capabilities).filter((name) => name.length <= MAX_NAME_CHARS);
}
