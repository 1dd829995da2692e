// A plain hop in front of replicas: each request goes to the next of them, and past one that is not there.
// It keeps no session and changes nothing, as the simplest balancer would.

import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Running } from './run-fixture.ts';

export interface RoundRobin extends Running {
  /** Ports on loopback; those that come later get their share too. */
  readonly ports: number[];
}

export async function startRoundRobin(port = 0): Promise<RoundRobin> {
  const ports: number[] = [];
  let turn = 0;
  const server = createServer((incoming, outgoing) => {
    turn += 1;
    const order = ports.map((_, index) => ports[(turn + index) % ports.length] ?? 0);
    void readWhole(incoming).then((body) => pass(incoming, outgoing, { body, order }));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    ports,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Passing {
  readonly body: Buffer;
  readonly order: readonly number[];
}

function pass(
  { method, url, headers }: IncomingMessage,
  outgoing: ServerResponse,
  { body, order }: Passing,
): void {
  const [port, ...rest] = order;
  if (port === undefined) {
    outgoing.writeHead(502).end();
    return;
  }
  const to = { host: '127.0.0.1', port, method, path: url, headers, agent: false };
  const onward = request(to, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('error', (error: NodeJS.ErrnoException) => {
    const isAway = error.code === 'ECONNREFUSED' && !outgoing.headersSent;
    if (isAway) pass({ method, url, headers } as IncomingMessage, outgoing, { body, order: rest });
    else outgoing.destroy();
  });
  onward.end(body);
}

async function readWhole(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
