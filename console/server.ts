// The HTTP front of the console: bounded in what a peer may send and how long it may take, with one answer
// for every fault, which says nothing.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { send } from './answer.ts';
import { apiOf } from './api.ts';
import { readAsked } from './asked.ts';
import type { Console } from './console.ts';
import { html } from './html.ts';
import { messagePage } from './pages/doors.ts';
import { answer } from './router.ts';
import { ConsoleFault } from './settings.ts';

const MAX_HEADER_BYTES = 16 * 1024;
/** People, a few windows each, and the connections their browsers hold ready. */
const MAX_CONNECTIONS = 1024;
const REQUEST_TIMEOUT_MS = 10_000;
const TIMEOUT_CHECK_MS = 1_000;
/** Longer than common load balancers keep a connection, so that they close first. */
const KEEP_ALIVE_MS = 75_000;

export interface ConsoleServer {
  readonly port: number;
  /** Ends open connections too; idempotent. */
  close(): Promise<void>;
}

/** Resolves once it listens; rejects with ConsoleFault when the address cannot be had. */
export async function startServer(console: Console): Promise<ConsoleServer> {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('request', (request, response) => {
    take(request, response, console).catch((error: unknown) => {
      console.log.error('a page failed', { error: asError(error) });
      if (response.headersSent) response.destroy();
      else send(response, FAILED, isHttps(console));
    });
  });
  await listen(server, console);
  const { port } = server.address() as AddressInfo;
  return { port, close: () => close(server) };
}

const FAILED = {
  kind: 'page',
  status: 500,
  page: html`<title>Not now</title><p>This page failed; the log says why. If you were deciding, look at the request again before you try once more.</p>`,
} as const;

async function take(
  request: IncomingMessage,
  response: ServerResponse,
  console: Console,
): Promise<void> {
  const api = apiOf(request, console);
  if (api !== undefined) return api(request, response);
  const read = await readAsked(request, console.settings.publicUrl);
  if (read.ok) {
    send(response, await answer(read.asked, console), isHttps(console));
    return;
  }
  response.setHeader('connection', 'close');
  const page = messagePage({ title: 'This was not taken', text: read.text }, console.assets);
  send(response, { kind: 'page', status: read.status, page }, isHttps(console));
}

function isHttps({ settings }: Console): boolean {
  return settings.publicUrl.protocol === 'https:';
}

function listen(server: Server, { settings }: Console): Promise<void> {
  const { host, port } = settings.listen;
  return new Promise((resolve, reject) => {
    const refuse = (cause: NodeJS.ErrnoException): void => {
      const why = cause.code === 'EADDRINUSE' ? 'something listens there already' : cause.code;
      reject(
        new ConsoleFault(`${settings.flags.listen}: cannot listen on ${host}:${port}: ${why}`, {
          cause,
        }),
      );
    };
    server.once('error', refuse);
    server.listen({ host, port }, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('not an Error was thrown');
}
