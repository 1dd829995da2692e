// How far a stream may run ahead of its evidence: notifications may precede their record by 100 ms
// or 64 messages, then the stream waits; a ledger that fails cuts it (design section 10).

/** Messages sent whose record is not durable yet. */
const MAX_AHEAD = 64;
const MAX_AHEAD_MS = 100;

export class Tail {
  readonly #nowMs: () => number;
  #pending = 0;
  #oldestMs = 0;
  #last: Promise<void> = Promise.resolve();
  #fault: unknown;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Takes the promise of a record that its message may precede. */
  add(durable: Promise<void>): void {
    if (this.#pending === 0) this.#oldestMs = this.#nowMs();
    this.#pending += 1;
    this.#last = durable.then(
      () => {
        this.#pending -= 1;
        // Commits are in order, so what is left is younger than what has just become durable.
        this.#oldestMs = this.#nowMs();
      },
      (error: unknown) => {
        this.#fault ??= error;
      },
    );
  }

  /** Call before each message. Waits when the stream is too far ahead; throws what the ledger threw. */
  async room(): Promise<void> {
    const ahead = this.#pending > 0 && this.#nowMs() - this.#oldestMs > MAX_AHEAD_MS;
    if (ahead || this.#pending >= MAX_AHEAD) await this.#last;
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** Waits until every record is durable. */
  async drained(): Promise<void> {
    await this.#last;
    if (this.#fault !== undefined) throw this.#fault;
  }
}
