// The HTTPS server that the API server asks at admission: reviews in, verdicts out. A fault refuses, since
// the webhooks fail closed anyway; the sentence says so, and the log says why.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Logger } from '#platform/process/log.ts';
import { type Handler, readReview, writeReview } from './review.ts';

export interface WebhookOptions {
  readonly host: string;
  /** 0 asks the system for a free port. */
  readonly port: number;
  /** PEM; replaced while it runs, without a connection lost. */
  readonly certificate: ServerCertificate;
  /** By path, such as `/pods`. */
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly log: Logger;
  /** Told of every verdict, for metrics. */
  readonly onVerdict?: (path: string, allowed: boolean, millis: number) => void;
}

export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface WebhookServer {
  readonly port: number;
  setCertificate(certificate: ServerCertificate): void;
  /** Answers go on with `Connection: close`; the API server keeps using connections for a while. */
  drain(): void;
  close(): Promise<void>;
}

/** Two objects of the largest size that etcd takes, escaped. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** The API server keeps idle connections for 90 s; ending them first would meet its next request. */
const KEEP_ALIVE_MS = 95_000;
const HEADERS_MS = 30_000;
const REQUEST_MS = 30_000;
/** Longer than an answer takes that is recorded first. */
const CLOSING_MS = 6_000;
const MAX_CONNECTIONS = 512;
const MAX_AT_A_TIME = 64;

export async function startWebhooks(options: WebhookOptions): Promise<WebhookServer> {
  const server = createServer({
    ...options.certificate,
    minVersion: 'TLSv1.2',
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
  });
  server.maxConnections = MAX_CONNECTIONS;
  const state = { isDraining: false, isClosing: false, running: 0 };
  server.on('request', (request, response) => {
    if (state.isDraining) response.setHeader('connection', 'close');
    response.once('close', () => {
      if (state.isClosing) server.closeIdleConnections();
    });
    if (state.running >= MAX_AT_A_TIME) {
      send(response, 503, { message: 'too many reviews at a time; try again' });
      return;
    }
    state.running += 1;
    serve(request, response, options)
      .catch(() => response.destroy())
      .finally(() => {
        state.running -= 1;
      });
  });
  const { port } = await listen(server, options);
  return {
    port,
    setCertificate: (certificate) => server.setSecureContext(certificate),
    drain: () => {
      state.isDraining = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        state.isClosing = true;
        // What is being judged is answered: cut off, it would be a refusal.
        setTimeout(() => server.closeAllConnections(), CLOSING_MS).unref();
      }),
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { handlers, log, onVerdict }: WebhookOptions,
): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const handler = handlers.get(path);
  if (handler === undefined) return send(response, 404, { message: 'no such webhook' });
  if (request.method !== 'POST') return send(response, 405, { message: 'only POST' });
  const body = await readBody(request);
  if (body === undefined) {
    response.setHeader('connection', 'close');
    return send(response, 413, { message: `a review has at most ${MAX_BODY_BYTES} bytes` });
  }
  const review = readReview(tryParse(body));
  if (review === undefined) {
    return send(response, 400, { message: 'is not an AdmissionReview of admission.k8s.io/v1' });
  }
  const start = performance.now();
  const verdict = await handler(review).catch((error: unknown) => {
    log.error('a review could not be judged', {
      path,
      ...(error instanceof Error ? { error } : {}),
    });
    const why = 'Gatehouse could not judge this request, so it is refused; its log says why';
    return { allowed: false, why, status: 500 } as const;
  });
  onVerdict?.(path, verdict.allowed, performance.now() - start);
  send(response, 200, writeReview(review.uid, verdict));
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return undefined;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > MAX_BODY_BYTES) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

function listen(server: Server, { host, port }: WebhookOptions): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') {
        reject(new Error('the webhook server has no TCP address'));
      } else {
        resolve(address);
      }
    });
  });
}
