// A server that does exactly what a test tells it, byte by byte: SDK servers never misbehave as hostile
// or broken ones do. It listens on loopback, remembers what it was asked, and is no MCP server at all.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Running } from '#e2e/servers/run-fixture.ts';
import type { Rpc } from './wire.ts';

export interface Asked {
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The body as a message; of a GET or a DELETE, an empty one. */
  readonly rpc: Rpc;
}

export type Script = (asked: Asked, response: ServerResponse) => void | Promise<void>;

export interface ScriptedServer extends Running {
  /** Everything that arrived from clients, oldest first. */
  readonly asked: readonly Asked[];
  /** What every request of a client gets from now on. */
  play(script: Script): void;
  /** What Gatehouse gets when it asks for the tools; until then, a plain list of them. */
  listAs(script: Script): void;
}

export async function startScripted(): Promise<ScriptedServer> {
  const asked: Asked[] = [];
  let script: Script = (_, response) => void response.writeHead(500).end();
  let listing: Script = tellTools;
  const server = createServer((request, response) => {
    void hear(request).then((heard) => {
      if (isFromGatehouse(heard)) return listing(heard, response);
      asked.push(heard);
      return script(heard, response);
    });
  });
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    asked,
    play: (next) => {
      script = next;
    },
    listAs: (next) => {
      listing = next;
    },
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What there is to call: Gatehouse forwards nothing else, and asks for it itself. */
const TOOLS = ['echo', 'add', 'counter', 'refund', 'slow', 'stream', 'whoami'];

function isFromGatehouse({ rpc }: Asked): boolean {
  return rpc.method === 'tools/list' && String(rpc.id).startsWith('gw-');
}

function tellTools({ rpc: { id } }: Asked, response: ServerResponse): void {
  const tools = TOOLS.map((name) => ({ name, inputSchema: { type: 'object' } }));
  const result = { resultType: 'complete', ttlMs: 0, cacheScope: 'private', tools };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}

async function hear(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const { method = '', headers } = request;
  return { method, headers, text, rpc: text === '' ? {} : JSON.parse(text) };
}

/** Answers with these bytes as JSON, whatever they are. */
export function json(body: string | Uint8Array, status = 200, headers: object = {}): Script {
  return (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

/** Answers with these bytes as an event stream, and ends it unless it is to stay open. */
export function sse(text: string, { open = false } = {}): Script {
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(text);
    if (!open) response.end();
  };
}

export function event(message: object | string): string {
  return `data: ${typeof message === 'string' ? message : JSON.stringify(message)}\n\n`;
}
