// The client's side of one HTTP exchange: committed once, written with back-pressure, and aware of
// a client that has gone.

import type { ServerResponse } from 'node:http';
import { encodeSseEvent } from '#core/mcp/sse.ts';
import type { Answer } from './refuse.ts';

export type ReplyHeaders = Readonly<Record<string, string>>;

/** What every answer carries: no cache or transformation between us and the client. */
const ALWAYS: ReplyHeaders = {
  'cache-control': 'no-cache, no-transform',
  'x-content-type-options': 'nosniff',
};

/** SSE through buffering proxies (protocol reference P4). */
const STREAM: ReplyHeaders = {
  ...ALWAYS,
  'content-type': 'text/event-stream',
  'x-accel-buffering': 'no',
};

/** Who hears the answer to one call: a client, or the task that the call goes on as. */
export interface ClientReply {
  /** Aborted when nobody is there any more, before the answer is complete. */
  readonly gone: AbortSignal;
  /** The head is out: an error can only be said inside the stream. */
  readonly isCommitted: boolean;
  /** One whole answer; inside the stream when one was opened to hold the client meanwhile. */
  send(answer: Answer): void;
  /** Commits an SSE answer and flushes its head at once. */
  openStream(headers: ReplyHeaders): void;
  /** Resolves when more can be taken, or the client has gone. */
  write(bytes: Uint8Array): Promise<void> | undefined;
  end(): void;
  /** Cuts the connection: what was promised on this stream cannot be kept. */
  cut(): void;
}

export class HttpReply implements ClientReply {
  readonly #response: ServerResponse;
  readonly #extra: ReplyHeaders;
  readonly #gone = new AbortController();

  /** `extra` goes on whatever is answered (CORS). */
  constructor(response: ServerResponse, extra: ReplyHeaders = {}) {
    this.#response = response;
    this.#extra = extra;
    response.once('close', () => {
      if (!response.writableFinished) this.#gone.abort();
    });
    // A reset socket is a client that has gone; 'close' follows and says so.
    response.on('error', () => {});
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get isCommitted(): boolean {
    return this.#response.headersSent;
  }

  send(answer: Answer): void {
    if (this.#gone.signal.aborted || this.#response.writableEnded) return;
    if (this.isCommitted) {
      if (answer.body !== undefined) {
        this.#response.write(encodeSseEvent({ event: 'message', data: answer.body }));
      }
      this.#response.end();
      return;
    }
    const { status, headers, body } = answer;
    const length = status === 204 || status === 202 ? undefined : String(body?.byteLength ?? 0);
    this.#response.writeHead(status, {
      ...ALWAYS,
      ...this.#extra,
      ...headers,
      ...(length === undefined ? {} : { 'content-length': length }),
    });
    this.#response.end(body);
  }

  openStream(headers: ReplyHeaders): void {
    if (this.isCommitted || this.#gone.signal.aborted) return;
    this.#response.writeHead(200, { ...STREAM, ...this.#extra, ...headers });
    this.#response.flushHeaders();
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#gone.signal.aborted || this.#response.writableEnded) return undefined;
    if (this.#response.write(bytes)) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        this.#response.off('drain', done);
        this.#gone.signal.removeEventListener('abort', done);
        resolve();
      };
      this.#response.once('drain', done);
      this.#gone.signal.addEventListener('abort', done, { once: true });
    });
  }

  end(): void {
    if (!this.#response.writableEnded) this.#response.end();
  }

  cut(): void {
    this.#response.destroy();
  }
}
