// Free ports for programs that cannot take port 0, and have theirs only once they have started. They lie below those that
// the system gives away by itself, so that nothing that listens or dials meanwhile is given one of them.

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

const FIRST = 20_000;
/** Kubernetes gives away those from 30000, Linux those from 32768. */
const END = 30_000;

/** By this process: two programs that start side by side must not get the same. */
const given = new Set<number>();

export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, END);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}
