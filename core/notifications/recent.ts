// How often each of many things happened lately, in bounded memory: what a peer names is forgotten, the
// oldest first, rather than kept without end.

const MAX_KEYS = 4096;
/** No threshold is higher; beyond it a count stays. */
const MAX_TIMES = 64;

export class Recent {
  readonly #spanMillis: number;
  /** In the order in which each was last added to. */
  readonly #times = new Map<string, readonly number[]>();

  constructor(spanMillis: number) {
    this.#spanMillis = spanMillis;
  }

  /** How often it happened within the span, this time included. */
  add(key: string, nowMillis: number): number {
    const times = [...this.#within(key, nowMillis), nowMillis].slice(-MAX_TIMES);
    this.#times.delete(key);
    this.#times.set(key, times);
    const [oldest] = this.#times.keys();
    if (this.#times.size > MAX_KEYS && oldest !== undefined) this.#times.delete(oldest);
    return times.length;
  }

  count(key: string, nowMillis: number): number {
    return this.#within(key, nowMillis).length;
  }

  #within(key: string, nowMillis: number): readonly number[] {
    return (this.#times.get(key) ?? []).filter((at) => nowMillis - at < this.#spanMillis);
  }
}
