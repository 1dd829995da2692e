// A plain hop in front of several gateways, as a Service or a load balancer is: each request goes to the
// next of them, whatever it says, and to the one after where nobody listens.

import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

export interface RoundRobin {
  /** How many requests each has been given. */
  readonly given: readonly number[];
  close(): Promise<void>;
}

/** The address that the gateways see: not that of this machine's other callers. */
export const HOP_ADDRESS = '127.0.0.2';

/** Listens on 127.0.0.1:`port`, and sends to these ports. */
export async function startRoundRobin(port: number, to: readonly number[]): Promise<RoundRobin> {
  const given = to.map(() => 0);
  let turn = 0;
  const server = createServer((incoming, response) => {
    const first = turn;
    turn += 1;
    const order = to.map((_, index) => (first + index) % to.length);
    void hand(incoming, response, { to, order, given });
  });
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    given,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Ways {
  readonly to: readonly number[];
  readonly order: readonly number[];
  readonly given: number[];
}

async function hand(
  incoming: IncomingMessage,
  response: ServerResponse,
  { to, order, given }: Ways,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  for (const index of order) {
    const answer = await ask(incoming, to[index] ?? 0, { body: Buffer.concat(chunks), response });
    if (answer === undefined) continue;
    given[index] = (given[index] ?? 0) + 1;
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    response.flushHeaders();
    answer.pipe(response);
    answer.once('close', () => answer.complete || response.destroy());
    return;
  }
  response.writeHead(502).end();
}

/** Undefined where nobody answers. */
function ask(
  { method, url, rawHeaders }: IncomingMessage,
  port: number,
  { body, response }: { readonly body: Buffer; readonly response: ServerResponse },
): Promise<IncomingMessage | undefined> {
  return new Promise((resolve) => {
    const outgoing = request({
      host: '127.0.0.1',
      localAddress: HOP_ADDRESS,
      port,
      method,
      path: url,
      headers: rawHeaders,
      setHost: false,
      agent: false,
    });
    response.once('close', () => outgoing.destroy());
    outgoing.once('response', resolve).once('error', () => resolve(undefined));
    outgoing.end(body);
  });
}
