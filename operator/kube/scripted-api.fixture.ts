// An HTTP server that answers as a test says, request by request: for the faults that a real API server
// does not make on demand.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeClient } from './client.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface ScriptedApi {
  readonly client: KubeClient;
  /** Path and query of each request, in their order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** The last answer is given to all further requests. */
export async function scriptedApi(...answers: readonly Answer[]): Promise<ScriptedApi> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(request.url ?? '');
    answer?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new KubeClient({
    url: `http://127.0.0.1:${port}`,
    authorization: async () => undefined,
  });
  return {
    client,
    asked,
    close: async () => {
      await client.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function json(body: object, status = 200, headers: Record<string, string> = {}): Answer {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

/** Frames of a watch; then the connection stays open, ends, or breaks. */
export function watching(
  frames: readonly (object | string)[],
  then: 'open' | 'end' | 'break' = 'open',
): Answer {
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    for (const frame of frames) {
      response.write(typeof frame === 'string' ? frame : `${JSON.stringify(frame)}\n`);
    }
    if (then === 'end') response.end();
    if (then === 'break') setImmediate(() => response.destroy());
  };
}
