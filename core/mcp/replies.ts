// The messages that Gatehouse itself writes: errors, denials and notifications, as bytes.
// Everything else on the wire is what a peer sent.

import type { JsonObject, RequestId } from './messages.ts';
import type { Era } from './revisions.ts';
import { locate } from './spans.ts';
import { setMember, splice } from './splice.ts';
import type { TaskWords } from './tasks.ts';

/**
 * JSON-RPC and MCP codes, then Gatehouse's own: outside -32768…-32000, which JSON-RPC reserves
 * (MCP 2026-07-28, "Error Codes"). An own code never changes its meaning.
 */
export const ERROR_CODES = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  headerMismatch: -32020,
  missingCapability: -32021,
  unsupportedVersion: -32022,
  denied: -31001,
  evidenceUnavailable: -31002,
  rateLimited: -31003,
  upstreamUnavailable: -31004,
  upstreamTimeout: -31005,
  upstreamInvalid: -31006,
  contentWithheld: -31007,
  sessionUnknown: -31008,
  approvalPending: -31009,
  approvalRefused: -31010,
  approvalUnavailable: -31011,
} as const;

/** A JSON-RPC error. Without an id it answers a request that could not be read (JSON-RPC 5). */
export function errorReply(
  id: RequestId | undefined,
  code: number,
  message: string,
  data?: unknown,
): Uint8Array {
  const error = data === undefined ? { code, message } : { code, message, data };
  return encode({ jsonrpc: '2.0', id: id ?? null, error });
}

/**
 * A denied `tools/call`: a result, so that the model reads why (server/tools, "Error Handling").
 * It never has `structuredContent`: with `isError` clients then skip the tool's output schema.
 */
export function deniedToolResult(id: RequestId, text: string, era: Era): Uint8Array {
  const result = { content: [{ type: 'text', text }], isError: true };
  return encode({
    jsonrpc: '2.0',
    id,
    result: era === 'modern' ? { resultType: 'complete', ...result } : result,
  });
}

/** A tool result that is not there yet: text for the model, `_meta` for a client that knows it. */
export function pendingToolResult(
  id: RequestId,
  text: string,
  approval: Readonly<Record<string, unknown>>,
  era: Era,
): Uint8Array {
  const result = {
    content: [{ type: 'text', text }],
    isError: true,
    _meta: { [APPROVAL_META]: approval },
  };
  return encode({
    jsonrpc: '2.0',
    id,
    result: era === 'modern' ? { resultType: 'complete', ...result } : result,
  });
}

/** Asks the client to come back with this state and nothing else (2026-07-28, MRTR). */
export function inputRequired(id: RequestId, requestState: string): Uint8Array {
  return encode({ jsonrpc: '2.0', id, result: { resultType: 'input_required', requestState } });
}

/** The answer to a call that goes on as a task (2026-07-28, extension tasks). */
export function taskCreated(id: RequestId, task: TaskWords): Uint8Array {
  return encode({ jsonrpc: '2.0', id, result: { resultType: 'task', ...task } });
}

/** What comes with how a task stands: the JSON text of one member. */
export interface TaskMember {
  readonly kind: 'result' | 'error' | 'inputRequests';
  readonly json: Uint8Array;
}

/** How a task stands, with what it was answered with once it is over, or what it asks for. */
export function taskResult(
  id: RequestId,
  task: TaskWords,
  answer: TaskMember | undefined,
): Uint8Array {
  const bytes = encode({ jsonrpc: '2.0', id, result: { resultType: 'complete', ...task } });
  const object = locate(bytes, ['result']);
  if (answer === undefined || object === undefined) return bytes;
  const json = Buffer.from(answer.json).toString('utf8');
  return splice(bytes, [setMember(bytes, object, answer.kind, json)]);
}

/** Says that a request about a task was taken. */
export function emptyResult(id: RequestId): Uint8Array {
  return encode({ jsonrpc: '2.0', id, result: { resultType: 'complete' } });
}

const APPROVAL_META = 'gatehouse.dev/approval';

export function notification(
  method: string,
  params?: Readonly<Record<string, unknown>>,
): Uint8Array {
  return encode(
    params === undefined ? { jsonrpc: '2.0', method } : { jsonrpc: '2.0', method, params },
  );
}

/** Tells a legacy peer that the request it is working on is no longer wanted. */
export function cancelledNotification(requestId: RequestId, reason: string): Uint8Array {
  return notification('notifications/cancelled', { requestId, reason });
}

/** Asks for one page of the tools; `meta` is the envelope that the modern era wants. */
export function listToolsRequest(
  id: RequestId,
  page: { readonly cursor?: string; readonly meta?: JsonObject },
): Uint8Array {
  const { cursor, meta } = page;
  const params = {
    ...(cursor === undefined ? {} : { cursor }),
    ...(meta === undefined ? {} : { _meta: meta }),
  };
  const hasParams = cursor !== undefined || meta !== undefined;
  return encode({ jsonrpc: '2.0', id, method: 'tools/list', ...(hasParams ? { params } : {}) });
}

function encode(message: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message));
}
