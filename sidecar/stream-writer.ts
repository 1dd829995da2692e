// Writes SSE to one client: coalesced, with back-pressure, kept alive while the server is silent,
// and ended when the policy's idle limit says so.

import type { ClientReply } from './client-reply.ts';

/** Below the idle time-outs of common proxies and clients (protocol reference P4). */
const KEEPALIVE_MS = 15_000;
const KEEPALIVE = Buffer.from(': keepalive\n\n');

export interface StreamIdleness {
  /** Seconds the server may be silent; undefined: for as long as the stream lives. */
  readonly idleSeconds?: number | undefined;
  readonly onIdle: () => void;
}

export class StreamWriter {
  readonly #client: ClientReply;
  readonly #keepalive: NodeJS.Timeout;
  readonly #idle: NodeJS.Timeout | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  constructor(client: ClientReply, { idleSeconds, onIdle }: StreamIdleness) {
    this.#client = client;
    this.#keepalive = setInterval(() => this.#keepAlive(), KEEPALIVE_MS);
    this.#keepalive.unref();
    this.#idle = idleSeconds === undefined ? undefined : setTimeout(onIdle, idleSeconds * 1000);
    this.#idle?.unref();
  }

  push(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.byteLength;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** The server said something: the idle limit starts anew. */
  heard(): void {
    this.#idle?.refresh();
  }

  /** One write of all that waits; nothing before the head is out. */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0 || !this.#client.isCommitted) return;
    const [only] = this.#waiting;
    const bytes = this.#waiting.length === 1 && only ? only : Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#keepalive.refresh();
    await this.#client.write(bytes);
  }

  async end(): Promise<void> {
    await this.flush();
    this.close();
    this.#client.end();
  }

  close(): void {
    clearInterval(this.#keepalive);
    clearTimeout(this.#idle);
  }

  #keepAlive(): void {
    if (this.#client.isCommitted && this.#waiting.length === 0) void this.#client.write(KEEPALIVE);
  }
}
