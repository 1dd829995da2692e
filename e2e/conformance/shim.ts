// Stands between the suite, which carries no token, and Gatehouse, which serves nobody without one:
// adds Authorization and changes nothing else, neither Host nor Origin nor a byte of a body.

import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream/promises';

export interface Shim {
  readonly port: number;
  /** Requests are refused until then: Gatehouse needs to know this port before it can start. */
  forwardTo(target: ShimTarget): void;
  close(): Promise<void>;
}

export interface ShimTarget {
  readonly port: number;
  readonly token: string;
}

export async function startShim(): Promise<Shim> {
  const agent = new Agent({ keepAlive: true });
  let target: ShimTarget | undefined;
  const server = createServer((req, res) => {
    if (target) relay(req, res, { target, agent });
    else res.writeHead(503).end();
  });
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server),
    forwardTo: (next) => {
      target = next;
    },
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Hop {
  readonly target: ShimTarget;
  readonly agent: Agent;
}

function relay(req: IncomingMessage, res: ServerResponse, { target, agent }: Hop): void {
  const onward = request({
    host: '127.0.0.1',
    port: target.port,
    method: req.method,
    path: req.url,
    headers: [...req.rawHeaders, 'authorization', `Bearer ${target.token}`],
    setHost: false,
    agent,
  });
  onward.on('response', (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    res.flushHeaders();
    pipeline(answer, res).catch(() => res.destroy());
  });
  onward.on('error', () => res.destroy());
  // The suite hangs up in the middle of streams, and Gatehouse has to notice.
  res.on('close', () => onward.destroy());
  req.pipe(onward);
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address.port;
}
