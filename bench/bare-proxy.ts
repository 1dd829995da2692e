// The floor to compare against: Gatehouse's own HTTP plumbing, node:http in front and undici's dispatch
// behind, streaming both ways, without one control. `node bench/bare-proxy.ts UPSTREAM-ORIGIN PORT`.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Dispatcher, Pool } from 'undici';

/** As many as Gatehouse keeps for requests that are answered at once. */
const CONNECTIONS = 128;
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host']);

export function startBareProxy(upstream: string, port: number) {
  const pool = new Pool(upstream, { connections: CONNECTIONS, bodyTimeout: 0, headersTimeout: 0 });
  const server = createServer((req, res) => relay(req, res, pool));
  return server.listen(port, '127.0.0.1');
}

function relay(req: IncomingMessage, res: ServerResponse, pool: Pool): void {
  const options: Dispatcher.DispatchOptions = {
    method: req.method === 'GET' ? 'GET' : 'POST',
    path: req.url ?? '/',
    headers: withoutHopByHop(req.rawHeaders),
    body: req,
  };
  pool.dispatch(options, streamTo(res));
}

function streamTo(res: ServerResponse): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller) {
      res.once('close', () => {
        if (!res.writableFinished) controller.abort(new Error('client gone'));
      });
    },
    onResponseStart(_controller, status, headers) {
      res.writeHead(status, Object.entries(headers).flat() as string[]);
    },
    onResponseData(controller, chunk) {
      if (res.write(chunk)) return;
      controller.pause();
      res.once('drain', () => controller.resume());
    },
    onResponseEnd() {
      res.end();
    },
    onResponseError() {
      if (!res.headersSent) res.writeHead(502);
      res.end();
    },
  };
}

function withoutHopByHop(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, rawHeaders[i + 1]!);
  }
  return kept;
}

if (import.meta.main) {
  const [upstream, port] = process.argv.slice(2);
  if (!upstream || !port) throw new Error('usage: bare-proxy.ts UPSTREAM-ORIGIN PORT');
  startBareProxy(upstream, Number(port));
}
