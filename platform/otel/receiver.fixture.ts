// A receiver on a port of its own that answers as a test wishes, and keeps what it was sent.

import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OtlpEndpoint } from './otlp-settings.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export type Answering = (response: ServerResponse, received: Received) => void;

export interface LocalReceiver {
  readonly url: URL;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

export async function startReceiver(answer: Answering): Promise<LocalReceiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { url = '', headers } = request;
      const each = { path: url, headers, body };
      received.push(each);
      answer(response, each);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}/v1/traces`),
    received,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function endpointAt(url: URL, wishes: Partial<OtlpEndpoint> = {}): OtlpEndpoint {
  return {
    url,
    headers: new Map(),
    encoding: 'protobuf',
    gzip: false,
    timeoutMillis: 5000,
    tls: {},
    delayMillis: 1,
    ...wishes,
  };
}
