// One request of the command line to an MCP server, and what came of it: told apart by what the person
// at the terminal has to do about it.

import { randomUUID } from 'node:crypto';
import { isObject, type JsonObject, type JsonValue } from '#core/mcp/messages.ts';
import { ERROR_CODES } from '#core/mcp/replies.ts';
import { LIMITS } from '#crds/defaults.ts';
import { readRpcAnswer } from '#platform/http/rpc-answer.ts';
import { type Upstream, UpstreamFault, type UpstreamReply } from '#platform/http/upstream.ts';

/** What all calls to one server share. */
export interface ServerAccess {
  readonly upstream: Upstream;
  /** The credential; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly deadline: AbortSignal;
}

export interface ServerCall {
  readonly method: string;
  readonly params: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
}

export type ServerAnswer =
  | {
      readonly kind: 'result';
      readonly result: JsonValue;
      readonly sizeBytes: number;
      readonly sessionId: string | undefined;
    }
  | { readonly kind: 'methodUnknown'; readonly reason: string }
  /** It answers, but not to this: perhaps it speaks another era. */
  | { readonly kind: 'notSpoken'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

const PLAIN_HEADERS = {
  accept: 'application/json, text/event-stream',
  'accept-encoding': 'identity',
  'content-type': 'application/json',
};

export async function callServer(call: ServerCall, access: ServerAccess): Promise<ServerAnswer> {
  const { method, params } = call;
  const id = randomUUID();
  const body = { jsonrpc: '2.0', id, method, params };
  const stop = new AbortController();
  const signal = AbortSignal.any([access.deadline, stop.signal]);
  try {
    const reply = await access.upstream.send({
      method: 'POST',
      headers: { ...PLAIN_HEADERS, ...call.headers, ...access.headers },
      body: new TextEncoder().encode(JSON.stringify(body)),
      signal,
    });
    return failureOf(reply) ?? (await read(reply, id));
  } catch (error) {
    if (!(error instanceof UpstreamFault)) throw error;
    return answer('failed', FAULTS[error.code]);
  } finally {
    // A stream that has answered may stay open; nobody reads on.
    stop.abort();
  }
}

/** Sends what has no answer, and waits until the server has taken it; whatever comes of it. */
export async function tellServer(
  told: { readonly method: 'POST' | 'DELETE'; readonly body?: JsonObject } & Pick<
    ServerCall,
    'headers'
  >,
  access: ServerAccess,
): Promise<void> {
  const body = told.body && new TextEncoder().encode(JSON.stringify(told.body));
  const stop = new AbortController();
  try {
    await access.upstream.send({
      method: told.method,
      headers: { ...PLAIN_HEADERS, ...told.headers, ...access.headers },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.any([access.deadline, stop.signal]),
    });
  } catch (error) {
    if (!(error instanceof UpstreamFault)) throw error;
  } finally {
    stop.abort();
  }
}

const FAULTS = {
  unreached: 'cannot be reached; is --upstream its endpoint, and does it run?',
  broken: 'broke off the connection',
  aborted: 'takes too long',
} as const;

/** Statuses that say nothing of the era: the credential, the address, or the server itself. */
function failureOf({ status }: UpstreamReply): ServerAnswer | undefined {
  if (status === 401 || status === 403) {
    return answer(
      'failed',
      `refuses with HTTP ${status}; give it a credential with --credential-file or --credential-env`,
    );
  }
  if (status >= 300 && status < 400) {
    return answer('failed', `redirects (HTTP ${status}); name its final address with --upstream`);
  }
  return status >= 500 ? answer('failed', `answers HTTP ${status}`) : undefined;
}

async function read(reply: UpstreamReply, id: string): Promise<ServerAnswer> {
  const { maxReplyBytes: maxBytes, maxDepth } = LIMITS;
  const found = await readRpcAnswer(reply, { id, maxBytes, maxDepth });
  // Whoever does not know an era may say so in words of its own.
  if (found.kind === 'unreadable') {
    const isRefusal = reply.status >= 400 && reply.status < 500;
    return answer(isRefusal ? 'notSpoken' : 'failed', found.reason);
  }
  const { body } = found.message;
  if ('error' in body) return errorOf(body.error, reply.status);
  const sessionId = reply.headers['mcp-session-id'];
  return {
    kind: 'result',
    result: body.result,
    sizeBytes: found.sizeBytes,
    sessionId: typeof sessionId === 'string' ? sessionId : undefined,
  };
}

function errorOf(error: JsonValue, status: number): ServerAnswer {
  const code = isObject(error) && typeof error.code === 'number' ? error.code : undefined;
  const reason = `answers with JSON-RPC error ${code ?? 'without a code'}`;
  if (code === ERROR_CODES.methodNotFound) return answer('methodUnknown', reason);
  const isOther = code === ERROR_CODES.unsupportedVersion || (status >= 400 && status < 500);
  return answer(isOther ? 'notSpoken' : 'failed', reason);
}

function answer(kind: Exclude<ServerAnswer['kind'], 'result'>, reason: string): ServerAnswer {
  return { kind, reason: `the MCP server ${reason}` };
}
