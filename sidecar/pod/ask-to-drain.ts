// The preStop hook: asks the sidecar of this pod to drain, and waits until it has.

import { request } from 'node:http';
import { DRAIN_PATH } from './mounts.ts';

/** A moment longer than the drain itself, which has its own deadline. */
const GRACE_MS = 5_000;

/** Resolves with the status; rejects when the sidecar does not answer in time. */
export function askToDrain(adminPort: number, drainSeconds: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const asked = request({
    host: '127.0.0.1',
    port: adminPort,
    path: DRAIN_PATH,
    method: 'POST',
    agent: false,
    signal: AbortSignal.timeout(drainSeconds * 1000 + GRACE_MS),
  });
  asked.once('error', reject);
  asked.once('response', (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  });
  asked.end();
  return promise;
}
