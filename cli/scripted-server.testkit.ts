// An MCP server for the tests of the command line: lists what it is told to, page by page, in the eras
// that it is told to speak, and remembers what it was sent.

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Behaviour {
  /** Pages of tools; the second is asked for with the cursor `1`. */
  readonly modern?: readonly (readonly object[])[];
  readonly legacy?: readonly (readonly object[])[];
  /** Answers everything with this status and nothing else. */
  readonly status?: number;
  /** Answers as an event stream that stays open. */
  readonly stream?: boolean;
  /** Takes the place of the result of `tools/list`. */
  readonly listing?: object;
  /** Takes the place of what `initialize` chooses. */
  readonly chosen?: string;
}

export interface Heard {
  readonly http: string;
  readonly headers: IncomingHttpHeaders;
  readonly method: string | undefined;
}

export interface ScriptedServer {
  readonly url: string;
  readonly heard: readonly Heard[];
  close(): Promise<void>;
}

interface Rpc {
  readonly id?: string;
  readonly method?: string;
  readonly params?: { readonly cursor?: string };
}

export async function startScriptedServer(behaviour: Behaviour): Promise<ScriptedServer> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    void read(request).then((rpc) => {
      heard.push({ http: request.method ?? '', headers: request.headers, method: rpc.method });
      const { status, message, headers } = answerTo(rpc, request.headers, behaviour);
      const isStream = behaviour.stream === true && status === 200;
      const type = isStream ? 'text/event-stream' : 'application/json';
      response.writeHead(status, { 'content-type': type, ...headers });
      if (message === undefined) response.end();
      else if (isStream) response.write(`data: ${JSON.stringify(message)}\n\n`);
      else response.end(JSON.stringify(message));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    heard,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Said {
  readonly status: number;
  readonly message?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

function answerTo(rpc: Rpc, headers: IncomingHttpHeaders, behaviour: Behaviour): Said {
  if (behaviour.status !== undefined) {
    return { status: behaviour.status, headers: { location: '/elsewhere' } };
  }
  const result = resultOf(rpc, headers, behaviour);
  if (rpc.id === undefined) return { status: 202 };
  if (result === undefined) {
    const error = { code: -32000, message: 'Bad Request: no session' };
    return { status: 400, message: { jsonrpc: '2.0', id: null, error } };
  }
  const message = { jsonrpc: '2.0', id: rpc.id, result };
  const session = rpc.method === 'initialize' ? { 'mcp-session-id': 's1' } : {};
  return { status: 200, message, headers: session };
}

function resultOf(
  { method, params = {} }: Rpc,
  headers: IncomingHttpHeaders,
  { modern, legacy, listing, chosen = '2025-11-25' }: Behaviour,
): object | undefined {
  const isModern = headers['mcp-protocol-version'] === '2026-07-28';
  const pages = isModern ? modern : legacy;
  if (pages === undefined) return undefined;
  if (method === 'server/discover') return isModern ? {} : undefined;
  if (method === 'initialize') return { protocolVersion: chosen };
  if (method !== 'tools/list' || (!isModern && headers['mcp-session-id'] !== 's1'))
    return undefined;
  if (listing !== undefined) return listing;
  const at = Number(params.cursor ?? 0);
  const isLast = at + 1 >= pages.length;
  return { tools: pages[at], ...(isLast ? {} : { nextCursor: String(at + 1) }) };
}

async function read(request: IncomingMessage): Promise<Rpc> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : JSON.parse(text);
}
