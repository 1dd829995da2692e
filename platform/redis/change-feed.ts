// Hears of changes that other replicas make. Redis forgets a message whose listener is away, so those
// who wait also look for themselves, every so often.

import type { RedisClient } from './client.ts';

export interface ChangeFeedOptions {
  /** A connection that does nothing else; the feed's to close. */
  readonly listener: RedisClient;
  readonly channel: string;
  readonly pollMillis: number;
  /** Ids that somebody waits for. */
  readonly awaited: () => readonly string[];
  /** Looks at one and tells those who wait for it; may reject. */
  readonly look: (id: string) => Promise<void>;
}

export class ChangeFeed {
  readonly #options: ChangeFeedOptions;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
  }

  /** Resolves once messages are heard. */
  async open(): Promise<void> {
    const { listener, channel, pollMillis } = this.#options;
    listener.on('message', (from: string, message: string) => {
      const [id = ''] = message.split(' ', 1);
      if (from === channel && this.#options.awaited().includes(id)) void this.#look([id]);
    });
    await listener.subscribe(channel);
    this.#timer = setInterval(() => this.#poll(), pollMillis).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#options.listener.disconnect();
  }

  #poll(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#look(this.#options.awaited()).then(() => {
      this.#isLooking = false;
    });
  }

  async #look(ids: readonly string[]): Promise<void> {
    // What cannot be looked at now is looked at again; whoever waits has a deadline of their own.
    await Promise.allSettled(ids.map((id) => this.#options.look(id)));
  }
}
