// Waits for something to become true, by looking: a test that sleeps instead is slow, or wrong, or both.

import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 10;
/** Far longer than anything here takes on a loaded machine, another try of what failed at first included. */
const DEADLINE_MS = 30_000;

/** Gives the first value of `look` that is neither undefined nor false; throws what was awaited when none comes. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`never saw: ${what}`);
    await delay(POLL_MS);
  }
}
