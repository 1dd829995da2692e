// The HTTP shell of the fixture servers: loopback only, keeps a journal of raw requests, offers side
// doors to tests, and hands everything else to an MCP server as a web Request.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Journal } from './content/journal.ts';
import type { Running } from './run-fixture.ts';
import { readBody, sendResponse, toRequest } from './web-bridge.ts';

export interface Fixture extends Running {
  readonly journal: Journal;
  /** Describes a tool in other words from now on, without a word about it; undefined: as before. */
  redefine(tool: string, description: string | undefined): void;
}

export interface McpFace {
  fetch(request: Request, parsedBody: unknown): Promise<Response>;
  /** What POST /__event asks for; throws on a message that makes no sense to this server. */
  emit(event: unknown): Promise<void>;
  redefine(tool: string, description: string | undefined): void;
  close(): Promise<void>;
}

export const MCP_PATH = '/mcp';
const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

export interface Serving {
  /** 0 takes a free one. */
  readonly port?: number;
  /** Behind a gateway that is dialled by another name than loopback. */
  readonly anyHost?: boolean;
}

/** Serves `createFace` on 127.0.0.1. */
export async function serve(
  createFace: (journal: Journal) => McpFace,
  { port = 0, anyHost = false }: Serving = {},
): Promise<Fixture> {
  const journal = new Journal();
  const face = createFace(journal);
  const server = createServer((req, res) => {
    answer(req, res, { journal, face, anyHost }).catch((error: unknown) => fail(res, error));
  });
  // Streams of the fixtures stay open for as long as a test wants.
  server.requestTimeout = 0;
  const url = await listen(server, port);
  return {
    url,
    journal,
    redefine: (tool, description) => face.redefine(tool, description),
    close: async () => {
      await face.close();
      await stop(server);
    },
  };
}

interface Served {
  readonly anyHost: boolean;
  readonly journal: Journal;
  readonly face: McpFace;
}

async function answer(req: IncomingMessage, res: ServerResponse, served: Served): Promise<void> {
  const body = await readBody(req);
  const { pathname } = new URL(req.url ?? '/', 'http://fixture');
  if (pathname === '/__seen') return sendSeen(req, res, served.journal);
  if (pathname === '/__event') {
    await served.face.emit(JSON.parse(Buffer.from(body).toString('utf8')));
    return sendJson(res, 202, {});
  }
  served.journal.arrived(
    { method: req.method ?? '', path: req.url ?? '', rawHeaders: req.rawHeaders },
    body,
  );
  if (!served.anyHost && !isLoopback(req))
    return sendJson(res, 403, rpcError(-32000, 'Host or Origin not allowed'));
  if (pathname !== MCP_PATH) return sendJson(res, 404, rpcError(-32000, 'Not found'));
  await answerMcp({ req, res, body, served });
}

interface McpExchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly body: Uint8Array;
  readonly served: Served;
}

async function answerMcp({ req, res, body, served }: McpExchange): Promise<void> {
  const aborted = new AbortController();
  served.journal.openResponses += 1;
  res.once('close', () => {
    served.journal.openResponses -= 1;
    aborted.abort();
  });
  const response = await served.face.fetch(toRequest(req, body, aborted.signal), parse(body));
  await sendResponse(res, response);
}

/** DNS rebinding: a page elsewhere can point its name here, but not forge these two headers. */
function isLoopback(req: IncomingMessage): boolean {
  const { host, origin } = req.headers;
  if (!isLoopbackUrl(`http://${host ?? ''}`)) return false;
  return origin === undefined || isLoopbackUrl(origin);
}

function isLoopbackUrl(url: string): boolean {
  return URL.canParse(url) && LOOPBACK_HOSTS.has(new URL(url).hostname);
}

function sendSeen(req: IncomingMessage, res: ServerResponse, journal: Journal): void {
  if (req.method === 'DELETE') journal.clear();
  sendJson(res, 200, journal.read());
}

function sendJson(res: ServerResponse, status: number, value: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function rpcError(code: number, message: string): unknown {
  return { jsonrpc: '2.0', error: { code, message }, id: null };
}

/** Undefined for a body that is no JSON: the MCP server then reads it and says so itself. */
function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}

function fail(res: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  if (res.headersSent) res.destroy();
  else sendJson(res, 500, rpcError(-32603, message));
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return `http://127.0.0.1:${address.port}${MCP_PATH}`;
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
