// What a fixture server saw and did, for tests that prove a negative: a call that was refused
// never arrived, and the bytes that arrived are the bytes that were sent. The one word back: what runs may end.

/** Enough for any one journey; the oldest entry makes room, so that a long run stays bounded. */
const MAX_REQUESTS = 512;
/** As large as a body Gatehouse forwards by default. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** Name and value in turn, as on the wire. */
  readonly rawHeaders: readonly string[];
  readonly bodyBase64: string;
}

export interface Seen {
  readonly requests: readonly SeenRequest[];
  /** How many times each tool ran. */
  readonly executed: Readonly<Record<string, number>>;
  /** How many times each tool was told to stop while it ran. */
  readonly cancelled: Readonly<Record<string, number>>;
  /** Streams that are open now. */
  readonly openResponses: number;
}

export class Journal {
  readonly #requests: SeenRequest[] = [];
  readonly #executed = new Map<string, number>();
  readonly #cancelled = new Map<string, number>();
  #ending = new AbortController();
  openResponses = 0;

  arrived(request: Omit<SeenRequest, 'bodyBase64'>, body: Uint8Array): void {
    if (this.#requests.length === MAX_REQUESTS) this.#requests.shift();
    const kept = Buffer.from(body.subarray(0, MAX_BODY_BYTES));
    this.#requests.push({ ...request, bodyBase64: kept.toString('base64') });
  }

  executed(tool: string): number {
    return count(this.#executed, tool);
  }

  cancelled(tool: string): number {
    return count(this.#cancelled, tool);
  }

  executions(tool: string): number {
    return this.#executed.get(tool) ?? 0;
  }

  /** Aborted when what runs now is to wait no longer. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** Ends each slow call that runs now, as if its time were over: a test need not guess how long it has to last. */
  endSlow(): void {
    this.#ending.abort();
    this.#ending = new AbortController();
  }

  read(): Seen {
    return {
      requests: [...this.#requests],
      executed: Object.fromEntries(this.#executed),
      cancelled: Object.fromEntries(this.#cancelled),
      openResponses: this.openResponses,
    };
  }

  clear(): void {
    this.#requests.length = 0;
    this.#executed.clear();
    this.#cancelled.clear();
  }
}

function count(counts: Map<string, number>, key: string): number {
  const next = (counts.get(key) ?? 0) + 1;
  counts.set(key, next);
  return next;
}
