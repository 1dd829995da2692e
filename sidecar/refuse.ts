// The one place where a refusal becomes HTTP and JSON-RPC (protocol reference 1.5: how to say no).
// A JSON-RPC error inside HTTP 200 is what every SDK shows its caller; 401 and 403 are for
// authentication, scopes and origins alone.

import { challengeHeader } from '#core/identity/challenge.ts';
import type { Message, RequestId } from '#core/mcp/messages.ts';
import {
  deniedToolResult,
  ERROR_CODES,
  errorReply,
  inputRequired,
  pendingToolResult,
  taskCreated,
} from '#core/mcp/replies.ts';
import type { Era } from '#core/mcp/revisions.ts';
import type { Refusal, RefusalCode } from '#core/refusal.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface RefusalContext {
  /** What is being refused; absent when it could not be read that far. */
  readonly message?: Message;
  readonly era?: Era;
  /** Where RFC 9728 metadata of the resource being called stands; absent for an unknown host. */
  readonly metadataUrl?: string;
  /** The exchange in the evidence: whoever is denied can name the decision to whoever may look it up. */
  readonly decisionId?: string;
  /** JSON-RPC code and data that the wire's own rules prescribe (-32020, -32022 …). */
  readonly wire?: { readonly code: number; readonly data?: unknown };
}

interface Mapping {
  /** Status when the peer sent nothing that can carry an answer of its own, or must see HTTP. */
  readonly http: number;
  /** JSON-RPC error code. */
  readonly rpc: number;
  /** True: HTTP status always; false: a request gets HTTP 200 and the error inside. */
  readonly httpAlways?: true;
}

const MAPPINGS: Readonly<Record<RefusalCode, Mapping>> = {
  host_not_allowed: { http: 403, rpc: ERROR_CODES.denied, httpAlways: true },
  origin_not_allowed: { http: 403, rpc: ERROR_CODES.denied, httpAlways: true },
  path_unknown: { http: 404, rpc: ERROR_CODES.methodNotFound, httpAlways: true },
  method_not_allowed: { http: 405, rpc: ERROR_CODES.methodNotFound, httpAlways: true },
  body_too_large: { http: 413, rpc: ERROR_CODES.invalidRequest, httpAlways: true },
  encoding_not_accepted: { http: 415, rpc: ERROR_CODES.invalidRequest, httpAlways: true },
  media_type_not_accepted: { http: 415, rpc: ERROR_CODES.invalidRequest, httpAlways: true },
  token_missing: { http: 401, rpc: ERROR_CODES.denied, httpAlways: true },
  token_invalid: { http: 401, rpc: ERROR_CODES.denied, httpAlways: true },
  scope_insufficient: { http: 403, rpc: ERROR_CODES.denied, httpAlways: true },
  issuer_unavailable: { http: 503, rpc: ERROR_CODES.upstreamUnavailable, httpAlways: true },
  json_invalid: { http: 400, rpc: ERROR_CODES.parseError, httpAlways: true },
  message_invalid: { http: 400, rpc: ERROR_CODES.invalidRequest, httpAlways: true },
  batch_refused: { http: 400, rpc: ERROR_CODES.invalidRequest, httpAlways: true },
  header_mismatch: { http: 400, rpc: ERROR_CODES.headerMismatch, httpAlways: true },
  revision_unsupported: { http: 400, rpc: ERROR_CODES.unsupportedVersion, httpAlways: true },
  session_unknown: { http: 404, rpc: ERROR_CODES.sessionUnknown, httpAlways: true },
  response_uncorrelated: { http: 400, rpc: ERROR_CODES.invalidRequest, httpAlways: true },
  state_invalid: { http: 200, rpc: ERROR_CODES.invalidParams },
  capability_missing: { http: 400, rpc: ERROR_CODES.missingCapability, httpAlways: true },
  denied: { http: 403, rpc: ERROR_CODES.denied },
  target_unknown: { http: 404, rpc: ERROR_CODES.invalidParams },
  method_unknown: { http: 404, rpc: ERROR_CODES.methodNotFound },
  approval_task: { http: 503, rpc: ERROR_CODES.approvalPending },
  approval_round: { http: 503, rpc: ERROR_CODES.approvalPending },
  approval_pending: { http: 503, rpc: ERROR_CODES.approvalPending },
  approval_refused: { http: 403, rpc: ERROR_CODES.approvalRefused },
  approval_unavailable: { http: 503, rpc: ERROR_CODES.approvalUnavailable },
  rate_limited: { http: 429, rpc: ERROR_CODES.rateLimited },
  streams_exhausted: { http: 429, rpc: ERROR_CODES.rateLimited, httpAlways: true },
  evidence_unavailable: { http: 503, rpc: ERROR_CODES.evidenceUnavailable },
  upstream_unavailable: { http: 502, rpc: ERROR_CODES.upstreamUnavailable },
  upstream_timeout: { http: 504, rpc: ERROR_CODES.upstreamTimeout },
  upstream_invalid: { http: 502, rpc: ERROR_CODES.upstreamInvalid },
  upstream_requires_oauth: { http: 502, rpc: ERROR_CODES.upstreamUnavailable },
  content_withheld: { http: 403, rpc: ERROR_CODES.contentWithheld },
  draining: { http: 503, rpc: ERROR_CODES.upstreamUnavailable, httpAlways: true },
};

const JSON_TYPE = { 'content-type': 'application/json' } as const;

/** The HTTP answer that says no. One-way messages that policy denies are dropped with 202. */
export function refuse(refusal: Refusal, context: RefusalContext): Answer {
  const mapping = MAPPINGS[refusal.code];
  const headers = { ...JSON_TYPE, ...refusalHeaders(refusal, context) };
  const id = context.message?.kind === 'request' ? context.message.id : undefined;
  if (mapping.httpAlways === undefined && context.message !== undefined) {
    if (id === undefined) return oneWay(refusal, mapping, headers);
    return {
      status: statusOf(refusal, context.era),
      headers,
      body: refusalBody(refusal, id, context),
    };
  }
  const code = context.wire?.code ?? mapping.rpc;
  return {
    status: mapping.http,
    headers,
    body: errorReply(id, code, refusal.reason, context.wire?.data),
  };
}

/** The JSON-RPC message that says no to one request; also what a committed SSE stream carries. */
export function refusalBody(refusal: Refusal, id: RequestId, context: RefusalContext): Uint8Array {
  const { message } = context;
  const { approval } = refusal;
  if (refusal.code === 'approval_round' && approval?.requestState !== undefined) {
    return inputRequired(id, approval.requestState);
  }
  if (refusal.code === 'approval_task' && refusal.task !== undefined) {
    return taskCreated(id, refusal.task);
  }
  const isCall = message?.kind === 'request' && message.method === 'tools/call';
  if (isCall && SHOWN_TO_MODELS.has(refusal.code)) {
    return deniedToolResult(id, refusal.reason, context.era ?? 'legacy');
  }
  if (isCall && refusal.code === 'approval_pending' && approval !== undefined) {
    return pendingToolResult(id, refusal.reason, { ...approval }, context.era ?? 'legacy');
  }
  const code = context.wire?.code ?? MAPPINGS[refusal.code].rpc;
  return errorReply(id, code, refusal.reason, context.wire?.data ?? dataOf(refusal, context));
}

/** A model that reads why may do without; an error stays with its client. */
const SHOWN_TO_MODELS: ReadonlySet<RefusalCode> = new Set([
  'denied',
  'approval_refused',
  'content_withheld',
]);

function statusOf(refusal: Refusal, era: Era | undefined): number {
  return refusal.code === 'method_unknown' && era === 'modern' ? 404 : 200;
}

function oneWay(refusal: Refusal, mapping: Mapping, headers: Record<string, string>): Answer {
  const isPolicy = ['denied', 'target_unknown', 'method_unknown'].includes(refusal.code);
  if (isPolicy) return { status: 202, headers: {} };
  const { 'content-type': _, ...rest } = headers;
  return { status: mapping.http, headers: rest };
}

/** What every revision has at the endpoint. */
const ALWAYS_ALLOWED = 'POST, OPTIONS';

function refusalHeaders(refusal: Refusal, context: RefusalContext): Record<string, string> {
  const headers: Record<string, string> = {};
  if (refusal.code === 'method_not_allowed') headers.allow = refusal.allow ?? ALWAYS_ALLOWED;
  if (refusal.retryAfterSeconds !== undefined) {
    headers['retry-after'] = String(Math.ceil(refusal.retryAfterSeconds));
  }
  const challenge = challengeOf(refusal, context.metadataUrl);
  if (challenge !== undefined) headers['www-authenticate'] = challenge;
  return headers;
}

function challengeOf(refusal: Refusal, resourceMetadata: string | undefined): string | undefined {
  switch (refusal.code) {
    case 'token_missing':
    case 'token_invalid':
    case 'scope_insufficient':
      if (resourceMetadata === undefined) return undefined;
      return challengeHeader({
        cause: refusal.code,
        resourceMetadata,
        scopes: refusal.scopes ?? [],
        description: refusal.reason,
      });
    default:
      return undefined;
  }
}

function dataOf(
  refusal: Refusal,
  { decisionId }: RefusalContext,
): Readonly<Record<string, unknown>> | undefined {
  const isDecision = refusal.code === 'denied' && decisionId !== undefined;
  const data = {
    ...(isDecision ? { decisionId } : {}),
    ...(refusal.rule === undefined ? {} : { rule: refusal.rule }),
    ...(refusal.retryAfterSeconds === undefined
      ? {}
      : { retryAfterSeconds: refusal.retryAfterSeconds }),
    ...(refusal.approval === undefined ? {} : { approval: refusal.approval }),
  };
  return Object.keys(data).length === 0 ? undefined : data;
}
