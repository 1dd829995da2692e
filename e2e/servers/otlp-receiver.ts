// A receiver of OTLP over HTTP that decodes whatever comes by the official definitions, and can be killed,
// come back on its port, or behave badly.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import {
  logsIn,
  pointsIn,
  type SeenLog,
  type SeenPoint,
  type SeenSpan,
  spansIn,
} from './otlp/seen.ts';
import { decodeRequest, type Encoding, encodeResponse, isSignalPath } from './otlp/wire.ts';

/** What it does instead of taking what comes. */
export type Misbehaviour = (response: ServerResponse) => void;

export class OtlpReceiver {
  readonly spans: SeenSpan[] = [];
  readonly logs: SeenLog[] = [];
  readonly points: SeenPoint[] = [];
  /** Bodies as they came, unpacked. */
  readonly bodies: Buffer[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  /** What was no OTLP. */
  readonly faults: string[] = [];
  misbehaviour: Misbehaviour | undefined;
  requests = 0;
  #server: Server | undefined;
  #port = 0;

  readonly #host: string;

  constructor(host: string) {
    this.#host = host;
  }

  /** `host` is the address that it listens on and is known by. */
  static async start(host = '127.0.0.1'): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver(host);
    await receiver.listen();
    return receiver;
  }

  get url(): string {
    return `http://${this.#host}:${this.#port}`;
  }

  /** Begins, or begins again on the same port. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => void this.#take(request, response));
    server.listen(this.#port, this.#host);
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** As if its process were killed: what is under way breaks, and nobody listens. */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const body = await bodyOf(request).catch(() => undefined);
    if (body === undefined) return;
    if (this.misbehaviour !== undefined) {
      this.misbehaviour(response);
      return;
    }
    const type = request.headers['content-type'] ?? '';
    try {
      const answer = this.#read(request, body);
      response.writeHead(200, { 'content-type': type }).end(answer);
    } catch (error) {
      this.faults.push(String(error));
      response.writeHead(400).end();
    }
  }

  #read({ url = '', method, headers }: IncomingMessage, body: Buffer): Buffer {
    const encoding = ENCODINGS.get(headers['content-type'] ?? '');
    if (method !== 'POST' || !isSignalPath(url) || encoding === undefined) {
      throw new Error(`${method} ${url} of ${headers['content-type']}`);
    }
    const plain = decodeRequest(url, encoding, body);
    this.bodies.push(body);
    this.headers.push(headers);
    if (url === '/v1/traces') this.spans.push(...spansIn(plain));
    else if (url === '/v1/logs') this.logs.push(...logsIn(plain));
    else this.points.push(...pointsIn(plain));
    return encodeResponse(url, encoding, {});
  }
}

const ENCODINGS: ReadonlyMap<string, Encoding> = new Map([
  ['application/x-protobuf', 'protobuf'],
  ['application/json', 'json'],
]);

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}
