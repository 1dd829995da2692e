// How fast a server may talk on one stream. Each message costs a record, so one that never stops would
// fill the disk that every other call needs; it is read more slowly instead.

/** A burst, such as a log that is caught up with. */
const BURST_MESSAGES = 1_000;
/** Far above what people or models follow; a day of it is some 10 GB of evidence. */
const MESSAGES_PER_SECOND = 200;

export class Pace {
  readonly #nowMs: () => number;
  #tokens = BURST_MESSAGES;
  #atMs: number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#atMs = nowMs();
  }

  /** Takes one message; milliseconds to wait before it goes on. */
  take(): number {
    const now = this.#nowMs();
    const earned = (Math.max(0, now - this.#atMs) * MESSAGES_PER_SECOND) / 1000;
    this.#tokens = Math.min(BURST_MESSAGES, this.#tokens + earned) - 1;
    this.#atMs = now;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens * 1000) / MESSAGES_PER_SECOND);
  }
}
