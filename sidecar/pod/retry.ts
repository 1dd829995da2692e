// Tries until it is told to stop: soon at first, then less and less often, and never all pods at once.

import { setTimeout as sleep } from 'node:timers/promises';

const LEAST_MS = 500;
const MOST_MS = 30_000;

/** What an attempt says: it is done, or how to go on. */
export type Attempt = 'done' | 'failed' | 'worked';

/** Calls `attempt` again and again; one that worked, if only for a while, is tried again soon. */
export async function keepTrying(
  attempt: () => Promise<Attempt>,
  stop: AbortSignal,
  mostMillis = MOST_MS,
): Promise<void> {
  let failures = 0;
  while (!stop.aborted) {
    const outcome = await attempt();
    if (outcome === 'done') return;
    failures = outcome === 'worked' ? 0 : failures + 1;
    const longest = Math.min(mostMillis, LEAST_MS * 2 ** Math.min(failures, 16));
    const wait = LEAST_MS / 2 + Math.random() * (longest - LEAST_MS / 2);
    await sleep(wait, undefined, { signal: stop, ref: false }).catch(() => {});
  }
}
