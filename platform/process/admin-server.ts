// The operator's door: /livez, /readyz, /startupz and /metrics on an address of their own. These answer
// GET alone, say nothing about traffic or secrets, and are bounded, since whoever is near can reach them.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AdminSettings {
  readonly host: string;
  /** 0 asks the system for a free port. */
  readonly port: number;
  /** Keyed by a short name that /readyz may show; true while that part is well. */
  readonly checks: ReadonlyMap<string, () => boolean>;
  /** False until everything needed for the first call has been made ready once. */
  readonly isStarted: () => boolean;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  /** What serves a path and all below it, such as `/approvals`: it answers whatever it is given. */
  readonly mounts?: ReadonlyMap<string, Mount>;
}

export type Mount = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface AdminServer {
  readonly host: string;
  readonly port: number;
  /** Ends open connections too; idempotent. */
  close(): Promise<void>;
}

/** The address cannot be had: the message names the flag and what to do. */
export class AdminFault extends Error {
  override readonly name = 'AdminFault';
  readonly code = 'admin_address';
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly contentType?: string;
}

/** A probe or a scraper needs one connection or two. */
const MAX_CONNECTIONS = 64;
/** A token of an approver with many groups has room. */
const MAX_HEADER_BYTES = 16_384;
const MAX_REQUESTS_PER_CONNECTION = 1000;
const REQUEST_TIMEOUT_MS = 5000;
const KEEP_ALIVE_MS = 15_000;
const CHECK_INTERVAL_MS = 1000;
const PLAIN_TEXT = 'text/plain; charset=utf-8';

/** Resolves once it listens; rejects with AdminFault when the address cannot be had. */
export async function startAdminServer(settings: AdminSettings): Promise<AdminServer> {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
  const scrape = shareWhileRunning(() => settings.metrics.text());
  server.on('request', (request, response) => {
    const mount = mountFor(request, settings.mounts);
    if (mount !== undefined) {
      mount(request, response).catch(() => response.destroy());
      return;
    }
    answer(request, settings, scrape).then(
      (found) => send(request, response, found),
      () => send(request, response, { status: 500, body: 'metrics could not be read\n' }),
    );
  });
  const { address, port } = await listen(server, settings);
  return { host: address, port, close: () => close(server) };
}

function mountFor({ url = '' }: IncomingMessage, mounts: AdminSettings['mounts']) {
  const path = url.split('?', 1)[0] ?? '';
  for (const [prefix, mount] of mounts ?? []) {
    if (path === prefix || path.startsWith(`${prefix}/`)) return mount;
  }
  return undefined;
}

async function answer(
  request: IncomingMessage,
  settings: AdminSettings,
  scrape: () => Promise<string>,
): Promise<Answer> {
  if (request.method !== 'GET') {
    return { status: 405, body: 'only GET\n' };
  }
  switch ((request.url ?? '').split('?', 1)[0]) {
    case '/livez':
      return { status: 200, body: 'ok\n' };
    case '/startupz':
      return settings.isStarted()
        ? { status: 200, body: 'ok\n' }
        : { status: 503, body: 'starting\n' };
    case '/readyz':
      return readiness(settings.checks);
    case '/metrics':
      return { status: 200, body: await scrape(), contentType: settings.metrics.contentType };
    default:
      return { status: 404, body: 'try /livez, /readyz, /startupz or /metrics\n' };
  }
}

/** A check that throws has failed: it must not pass for well, nor hide the others. */
function readiness(checks: AdminSettings['checks']): Answer {
  const failing = [...checks].filter(([, isWell]) => {
    try {
      return !isWell();
    } catch {
      return true;
    }
  });
  return failing.length === 0
    ? { status: 200, body: 'ok\n' }
    : { status: 503, body: failing.map(([name]) => `${name}: failing\n`).join('') };
}

function send(request: IncomingMessage, response: ServerResponse, found: Answer): void {
  const hasBody =
    request.headers['content-length'] !== undefined ||
    request.headers['transfer-encoding'] !== undefined;
  response.writeHead(found.status, {
    'content-type': found.contentType ?? PLAIN_TEXT,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(found.status === 405 ? { allow: 'GET' } : {}),
    // A body is never read; without this it would be taken for the next request.
    ...(hasBody ? { connection: 'close' } : {}),
  });
  response.end(found.body);
}

/** Many scrapers at once cost one collection. */
function shareWhileRunning(run: () => Promise<string>): () => Promise<string> {
  let running: Promise<string> | undefined;
  return () => {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
}

function listen(server: Server, { host, port }: AdminSettings): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: NodeJS.ErrnoException): void => {
      const why = cause.code === 'EADDRINUSE' ? 'something listens there already' : cause.code;
      const message = `--admin: cannot listen on ${host} port ${port}: ${why}; choose another address`;
      reject(new AdminFault(message, { cause }));
    };
    server.once('error', refuse);
    server.listen({ host, port }, () => {
      server.off('error', refuse);
      const address = server.address();
      if (address === null || typeof address === 'string') {
        reject(new Error('the admin server has no TCP address'));
      } else {
        resolve(address);
      }
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
