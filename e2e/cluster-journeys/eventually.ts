// Waits for something in the cluster to become true: by looking now and then, since each look starts a program, and for
// longer than anything there takes on a machine that is busy.

import { setTimeout as delay } from 'node:timers/promises';
import { until } from '#e2e/journeys/until.ts';

const LOOK_MS = 200;
const DEADLINE_MS = 90_000;

/** As `until`. */
export function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  return until(
    what,
    async () => {
      const found = await look();
      if (found === undefined || found === false) await delay(LOOK_MS);
      return found;
    },
    deadlineMs,
  );
}
