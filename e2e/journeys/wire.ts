// HTTP as bytes, for what no SDK would send: every header and every byte of a body is the test's own.

import { type IncomingMessage, request } from 'node:http';

/** Pairs, so that a name can occur twice. */
export type HeaderPairs = readonly (readonly [name: string, value: string])[];

export interface Sent {
  readonly method?: string;
  /** Default: that of the URL. */
  readonly path?: string;
  /** `host` is added unless it is among them. */
  readonly headers: HeaderPairs;
  readonly body?: string | Uint8Array;
  /** Do not say how long the body is. */
  readonly chunked?: boolean;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** How long any answer of these tests may take: longer than the longest that a gateway holds a call by itself. */
const DEADLINE_MS = 60_000;

/** Resolves when the head of the answer is in; its body is the caller's to read. */
export function open(url: string, sent: Sent): Promise<IncomingMessage> {
  const { host, hostname, port, pathname } = new URL(url);
  const headers = sent.headers.some(([name]) => name.toLowerCase() === 'host')
    ? sent.headers
    : [['host', host] as const, ...sent.headers];
  const length =
    sent.body === undefined
      ? []
      : [['content-length', String(Buffer.byteLength(sent.body))] as const];
  return new Promise((resolve, reject) => {
    const outgoing = request({
      hostname,
      port,
      path: sent.path ?? pathname,
      method: sent.method ?? 'POST',
      headers: [...headers, ...length].flat(),
      setHost: false,
      agent: false,
      ...(sent.signal === undefined ? {} : { signal: sent.signal }),
    });
    outgoing.once('response', resolve).once('error', reject);
    outgoing.setTimeout(DEADLINE_MS, () => outgoing.destroy(new Error('no answer in time')));
    outgoing.end(sent.body);
  });
}

export async function send(url: string, sent: Sent): Promise<Answer> {
  const response = await open(url, sent);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: Buffer.concat(chunks).toString('utf8'),
  };
}

/** The JSON-RPC message of an answer, whether it came as JSON or as the last event of a stream. */
export function messageOf({ headers, text }: Answer): Rpc {
  const isStream = String(headers['content-type']).startsWith('text/event-stream');
  const data = isStream
    ? (text
        .match(/^data: ?(.+)$/gm)
        ?.at(-1)
        ?.slice(5) ?? '')
    : text;
  return JSON.parse(data);
}

/** What these tests look at in a message; everything is optional because a peer sent it. */
export interface Rpc {
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: { readonly [name: string]: unknown };
  readonly result?: RpcResult;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export interface RpcResult {
  readonly [name: string]: unknown;
  readonly content?: readonly { readonly type: string; readonly text?: string }[];
  readonly isError?: boolean;
  readonly tools?: readonly { readonly name: string }[];
}

const JSON_HEADERS = [
  ['content-type', 'application/json'],
  ['accept', 'application/json, text/event-stream'],
] as const;

export function bearer(token: string): readonly [string, string] {
  return ['authorization', `Bearer ${token}`];
}

export function jsonHeaders(token: string, ...more: readonly (readonly [string, string])[]) {
  return [...JSON_HEADERS, bearer(token), ...more];
}

export const MODERN = '2026-07-28';
export const LEGACY = '2025-11-25';

export interface ModernRequest {
  readonly method: string;
  readonly params?: { readonly [name: string]: unknown };
  readonly id?: string | number;
  /** What the client says it can do. */
  readonly capabilities?: object;
}

/** `_meta` and headers as 2026-07-28 wants them, for a body that the test may then spoil. */
export function modern(
  token: string,
  asked: ModernRequest,
): { headers: HeaderPairs; body: string } {
  const { method, params = {}, id = 1, capabilities = {} } = asked;
  const name = params.name ?? params.uri ?? params.taskId;
  const meta = {
    'io.modelcontextprotocol/protocolVersion': MODERN,
    'io.modelcontextprotocol/clientCapabilities': capabilities,
    ...(params._meta as object | undefined),
  };
  return {
    headers: [
      ...jsonHeaders(token),
      ['mcp-protocol-version', MODERN],
      ['mcp-method', method],
      ...(typeof name === 'string' ? ([['mcp-name', name]] as const) : []),
    ],
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: meta } }),
  };
}

/** `meta` wins over what the revision wants in `_meta`. */
export function callTool(name: string, args: object = {}, meta: object = {}): ModernRequest {
  return { method: 'tools/call', params: { name, arguments: args, _meta: meta } };
}
