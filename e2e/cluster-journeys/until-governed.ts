// When clients of a Service reach governed pods alone: a moment after the rollout has ended, since pods that are
// ending are reached until every node knows that they are.

import { setTimeout as delay } from 'node:timers/promises';
import { until } from '#e2e/journeys/until.ts';

const AT_ONCE = 6;
const PAUSE_MS = 250;
const DEADLINE_MS = 60_000;

/** Resolves when each of several callers without a token is told that it needs one. */
export async function untilGoverned(url: string): Promise<void> {
  await until(
    'a Service that leads to governed pods alone',
    async () => {
      await delay(PAUSE_MS);
      const statuses = await Promise.all(Array.from({ length: AT_ONCE }, () => statusOf(url)));
      return statuses.every((status) => status === 401);
    },
    DEADLINE_MS,
  );
}

/** Of a whole request but for its token; undefined when the connection was cut. */
async function statusOf(url: string): Promise<number | undefined> {
  try {
    const { status, body } = await fetch(url, {
      method: 'POST',
      headers: {
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
    });
    await body?.cancel();
    return status;
  } catch {
    return undefined;
  }
}
