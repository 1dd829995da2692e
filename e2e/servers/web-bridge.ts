// Between node:http and the web Request and Response that both SDK generations speak.
// The body is read first, whole, so that the journal holds exactly the bytes that came.

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** More than any test sends. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const BODILESS = new Set(['GET', 'HEAD']);

export async function readBody(req: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error('request body too large for the fixture');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

export function toRequest(req: IncomingMessage, body: Uint8Array, signal: AbortSignal): Request {
  const method = req.method ?? 'GET';
  const headers = new Headers();
  for (let i = 0; i + 1 < req.rawHeaders.length; i += 2) {
    headers.append(req.rawHeaders[i] ?? '', req.rawHeaders[i + 1] ?? '');
  }
  const url = `http://${req.headers.host ?? 'localhost'}${req.url ?? '/'}`;
  return new Request(url, {
    method,
    headers,
    signal,
    ...(BODILESS.has(method) ? {} : { body: Buffer.from(body) }),
  });
}

/** Flushes each chunk as it comes and waits while the peer is slow; stops when the peer is gone. */
export async function sendResponse(res: ServerResponse, response: Response): Promise<void> {
  res.writeHead(response.status, [...response.headers].flat());
  if (!response.body) {
    res.end();
    return;
  }
  res.flushHeaders();
  const reader = response.body.getReader();
  res.once('close', () => void reader.cancel().catch(() => undefined));
  for (;;) {
    const { done, value } = await reader.read();
    if (done || res.destroyed) break;
    if (!res.write(value)) await Promise.race([once(res, 'drain'), once(res, 'close')]);
  }
  res.end();
}
