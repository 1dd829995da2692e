// The hop to the MCP server: undici's dispatcher without its fetch or stream layers, and without its
// 300 s defaults, because an MCP stream may be silent for as long as policy lets it live.

import { Client, Pool } from 'undici';

/** Header names in lower case; the caller has already removed what must not travel. */
export type UpstreamHeaders = Readonly<Record<string, string>>;

export interface UpstreamRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly headers: UpstreamHeaders;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
}

export interface UpstreamReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body as it arrives; reading slowly slows the server. Throws UpstreamFault. */
  readonly body: AsyncIterable<Uint8Array>;
}

export class UpstreamFault extends Error {
  override readonly name = 'UpstreamFault';
  /** `unreached`: no byte of the request left; `broken`: what the server did with it is unknown. */
  readonly code: 'unreached' | 'broken' | 'aborted';

  constructor(code: UpstreamFault['code'], cause: unknown) {
    super(`upstream ${code}`, { cause });
    this.code = code;
  }
}

/** A server that accepts no connection within this time is down (design section 14, Streams). */
const CONNECT_TIMEOUT_MS = 5_000;
/** Bytes a body may run ahead of its reader before the socket is paused. */
const READ_AHEAD_BYTES = 256 * 1024;

type DispatchHandler = Parameters<Pool['dispatch']>[1];
type Controller = Parameters<NonNullable<DispatchHandler['onRequestStart']>>[0];

export class Upstream {
  readonly url: URL;
  readonly #pool: Pool;

  constructor(url: URL) {
    this.url = url;
    this.#pool = new Pool(url.origin, {
      // Streams hold a connection each; what bounds them is the gateway's own limit per principal.
      connections: null,
      connect: { timeout: CONNECT_TIMEOUT_MS },
      headersTimeout: 0,
      bodyTimeout: 0,
      pipelining: 1,
      // One origin, and a client that was refused is replaced by a fresh one.
      factory: (origin, options) => new Client(origin, options),
    });
  }

  /** Sends once; never retried here, since a call that was forwarded may have had its effect. */
  send(request: UpstreamRequest): Promise<UpstreamReply> {
    const exchange = new Dispatch(request.signal);
    this.#pool.dispatch(
      {
        path: this.url.pathname + this.url.search,
        method: request.method,
        headers: request.headers,
        body: request.body ?? null,
      },
      exchange,
    );
    return exchange.reply;
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}

/** One request's callbacks, turned into a promise of a reply whose body is an async iterable. */
class Dispatch implements DispatchHandler {
  readonly reply: Promise<UpstreamReply>;
  readonly #settle: PromiseWithResolvers<UpstreamReply> = Promise.withResolvers();
  readonly #signal: AbortSignal;
  readonly #body = new BodyQueue();
  #controller: Controller | undefined;
  #sent = false;
  readonly #onAbort = (): void => {
    this.#controller?.abort(new UpstreamFault('aborted', undefined));
    if (this.#controller === undefined) this.#fail(new UpstreamFault('aborted', undefined));
  };

  constructor(signal: AbortSignal) {
    this.reply = this.#settle.promise;
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    this.#sent = true;
    this.#body.attach(controller);
    if (this.#signal.aborted) controller.abort(new UpstreamFault('aborted', undefined));
  }

  onResponseStart(_: Controller, status: number, headers: UpstreamReply['headers']): void {
    if (status >= 200) this.#settle.resolve({ status, headers, body: this.#body });
  }

  onResponseData(_: Controller, chunk: Uint8Array): void {
    this.#body.push(chunk);
  }

  onResponseEnd(): void {
    this.#release();
    this.#body.end();
  }

  onResponseError(_: Controller, error: Error): void {
    this.#fail(error);
  }

  #fail(error: Error): void {
    this.#release();
    const fault =
      error instanceof UpstreamFault
        ? error
        : new UpstreamFault(this.#sent ? 'broken' : 'unreached', error);
    this.#settle.reject(fault);
    this.#body.fail(fault);
  }

  #release(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
  }
}

/** Chunks between the socket and one reader, with back-pressure at READ_AHEAD_BYTES. */
class BodyQueue implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  #error: UpstreamFault | undefined;
  #waiting: PromiseWithResolvers<void> | undefined;
  #controller: Controller | undefined;

  attach(controller: Controller): void {
    this.#controller = controller;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#bytes > READ_AHEAD_BYTES) this.#controller?.pause();
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  fail(error: UpstreamFault): void {
    this.#error = error;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    while (true) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#bytes -= chunk.byteLength;
        if (this.#bytes <= READ_AHEAD_BYTES && this.#controller?.paused) this.#controller.resume();
        yield chunk;
        continue;
      }
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) return;
      this.#waiting = Promise.withResolvers();
      await this.#waiting.promise;
    }
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}
