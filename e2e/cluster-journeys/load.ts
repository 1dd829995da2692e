// Clients of the official SDK that call without a pause while something happens to what they call.

import { modernClient, type WaitingClient } from '#e2e/journeys/waiting-clients.ts';
import type { Governed } from './governed.ts';

export interface Load {
  /** So far. */
  readonly answered: number;
  /** What each call that was not answered heard instead. */
  readonly failures: readonly string[];
  /** Longest that a call took, in milliseconds. */
  readonly slowest: number;
  /** Resolves when the last call of each has ended. */
  stop(): Promise<void>;
}

/** Of the modern era: each call stands alone. */
export async function startLoad({ url, token }: Governed, clients = 4): Promise<Load> {
  const heard = { answered: 0, slowest: 0, failures: [] as string[] };
  let isOver = false;
  const connected = await Promise.all(
    Array.from({ length: clients }, async () => modernClient(url, await token())),
  );
  const calling = connected.map(async (client, index) => {
    for (let count = 0; !isOver; count += 1) {
      const startedAt = performance.now();
      const failure = await failureOf(client, `${index}-${count}`);
      heard.slowest = Math.max(heard.slowest, Math.round(performance.now() - startedAt));
      if (failure === undefined) heard.answered += 1;
      else heard.failures.push(failure);
    }
    await client.close();
  });
  return {
    get answered() {
      return heard.answered;
    },
    get failures() {
      return heard.failures;
    },
    get slowest() {
      return heard.slowest;
    },
    stop: async () => {
      isOver = true;
      await Promise.all(calling);
    },
  };
}

async function failureOf(client: WaitingClient, message: string): Promise<string | undefined> {
  try {
    const { isError, text } = await client.call('echo', { message });
    return isError ? text : undefined;
  } catch (error) {
    const { message: said, cause } = error as Error;
    return cause instanceof Error ? `${said}: ${cause.message}` : said;
  }
}
