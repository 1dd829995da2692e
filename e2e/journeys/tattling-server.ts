// An MCP server that says what it should keep to itself, in every place where an answer has room for
// it: the name of the tool that is called says where.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Running } from '#e2e/servers/run-fixture.ts';
import { readBody } from '#e2e/servers/web-bridge.ts';

/** What to tell, by tool. */
export type Tales = ReadonlyMap<Tattle, string>;

type Respond = (res: ServerResponse, tale: string, id: unknown) => void;

/** Answers that reach the client as they are: the words of the server are its own. */
const CARRIED = {
  result: (res, tale, id) => json(res, { id, result: result(tale) }),
  rpc_error: (res, tale, id) =>
    json(res, { id, error: { code: -32000, message: tale, data: { tale } } }),
  tool_error: (res, tale, id) => json(res, { id, result: { ...result(tale), isError: true } }),
  progress_and_logs: (res, tale, id) =>
    events(res, [
      {
        method: 'notifications/progress',
        params: { progressToken: 1, progress: 1, message: tale },
      },
      { method: 'notifications/message', params: { level: 'error', logger: tale, data: tale } },
      { id, result: result(tale) },
    ]),
} satisfies Record<string, Respond>;

/** Answers that nobody may see: the client hears that they were no answer. */
const WITHHELD = {
  http_500: (res, tale) => res.writeHead(500, { 'x-tale': header(tale) }).end(tale),
  http_401: (res, tale) =>
    res.writeHead(401, { 'www-authenticate': `Bearer realm="${header(tale)}"` }).end(tale),
  redirect: (res, tale) => res.writeHead(302, { location: `/?${header(tale)}` }).end(tale),
  not_json: (res, tale) => answer(res, `{"${tale}`),
  twice: (res, tale, id) =>
    answer(res, JSON.stringify({ id, result: {} }).replace('{', `{"${tale}":1,"${tale}":2,`)),
  other_id: (res, tale) => json(res, { id: tale, result: result(tale) }),
  page: (res, tale) => res.writeHead(200, { 'content-type': 'text/html' }).end(`<p>${tale}`),
  compressed: (res, tale) =>
    res.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'x' }).end(tale),
  bad_event: (res, tale) => stream(res, `: ${tale}\nevent: ${tale}\ndata: {"${tale}\n\n`),
  cut: (res, tale) => {
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': '9999' });
    res.write(`{"${tale}`);
    setImmediate(() => res.destroy());
  },
  too_long: (res, tale) => answer(res, JSON.stringify({ tale }).padEnd(2 ** 20)),
} satisfies Record<string, Respond>;

/** The answer is fine, its head is not the client's business. */
const HEADERS = {
  headers: (res, tale, id) => {
    for (const name of ['set-cookie', 'x-tale', 'www-authenticate', 'mcp-session-id', 'server']) {
      res.setHeader(name, header(tale));
    }
    json(res, { id, result: result('fine') });
  },
} satisfies Record<string, Respond>;

export type Tattle = keyof typeof CARRIED | keyof typeof WITHHELD | keyof typeof HEADERS;

export const CARRIED_TALES = Object.keys(CARRIED) as readonly Tattle[];
export const WITHHELD_TALES = [
  ...Object.keys(WITHHELD),
  ...Object.keys(HEADERS),
] as readonly Tattle[];

const WAYS: ReadonlyMap<string, Respond> = new Map(
  Object.entries({ ...CARRIED, ...WITHHELD, ...HEADERS }),
);

export async function startTattlingServer(tales: Tales): Promise<Running> {
  const server = createServer(
    (req, res) => void respond(req, res, tales).catch(() => res.destroy()),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(req: IncomingMessage, res: ServerResponse, tales: Tales): Promise<void> {
  const body = Buffer.from(await readBody(req)).toString();
  if (req.method !== 'POST') {
    res.writeHead(405).end();
    return;
  }
  const { id, method, params } = JSON.parse(body);
  if (method === 'tools/list') {
    const tools = [...WAYS.keys()].map((name) => ({ name, inputSchema: { type: 'object' } }));
    json(res, { id, result: { resultType: 'complete', tools } });
    return;
  }
  const tale = tales.get(params.name);
  const way = WAYS.get(params.name);
  if (tale === undefined || way === undefined) throw new Error('nothing to tell');
  way(res, tale, id);
}

/** Header values have fewer characters. */
function header(tale: string): string {
  return tale.replaceAll(/[^!-~]/g, '');
}

function result(tale: string): object {
  return { resultType: 'complete', content: [{ type: 'text', text: tale }] };
}

function json(res: ServerResponse, message: object): void {
  answer(res, JSON.stringify({ jsonrpc: '2.0', ...message }));
}

function answer(res: ServerResponse, body: string): void {
  res.writeHead(200, { 'content-type': 'application/json' }).end(body);
}

function events(res: ServerResponse, messages: readonly object[]): void {
  const each = messages.map(
    (message) => `data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`,
  );
  stream(res, each.join(''));
}

function stream(res: ServerResponse, text: string): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' }).end(text);
}
