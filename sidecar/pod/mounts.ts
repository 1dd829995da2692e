// What a pod's sidecar serves on its admin address beside probes and metrics: the probes of the governed server, and
// the door for the hook that drains.

import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Mount } from '#platform/process/admin-server.ts';
import { isFromHere } from '../departure.ts';
import type { Attachable } from '../surroundings.ts';
import { APP_HEALTH, type AppProbes } from './app-probe.ts';
import { runProbe } from './run-probe.ts';

export const DRAIN_PATH = '/drain';

/** Load balancers hear late that a pod leaves; calls that they still send are taken. */
const ANNOUNCED_MS = 5_000;
/** The kubelet runs a few at a time; anybody near can ask. */
const MAX_PROBES = 16;

export function podMounts(
  appProbes: AppProbes,
  drainSeconds: number,
  attachable: Attachable,
): ReadonlyMap<string, Mount> {
  return new Map([
    [APP_HEALTH, appHealth(appProbes)],
    [DRAIN_PATH, drainDoor(drainSeconds, attachable)],
  ]);
}

function appHealth(probes: AppProbes): Mount {
  let running = 0;
  return async (request, response) => {
    const probe = probes.get((request.url ?? '').split('?', 1)[0] ?? '');
    if (request.method !== 'GET') return say(response, 405, 'only GET');
    if (probe === undefined) return say(response, 404, 'no such probe');
    if (running >= MAX_PROBES) return say(response, 503, 'too many probes at once');
    running += 1;
    try {
      const problem = await runProbe(probe);
      say(response, problem === '' ? 200 : 503, problem === '' ? 'ok' : problem);
    } finally {
      running -= 1;
    }
  };
}

/** Answers when no call is under way any more, or when the time is over; asked again, it waits along. */
function drainDoor(drainSeconds: number, attachable: Attachable): Mount {
  let draining: Promise<string> | undefined;
  return async (request, response) => {
    if (!isFromHere(request)) return say(response, 403, 'only from inside the pod');
    if (request.method !== 'POST') return say(response, 405, 'only POST');
    draining ??= drain(drainSeconds * 1000, attachable);
    say(response, 200, await draining);
  };
}

async function drain(mostMillis: number, { gateway, gate }: Attachable): Promise<string> {
  const deadline = AbortSignal.timeout(mostMillis);
  gate.log.info('leaving: still taking calls', { seconds: ANNOUNCED_MS / 1000 });
  gate.departure.announce();
  await sleep(ANNOUNCED_MS, undefined, { signal: deadline }).catch(() => {});
  gate.departure.leave();
  gate.log.info('leaving: no new sessions, streams end');
  await gateway.idle(deadline);
  const left = [...gate.exchanges.inFlight].length;
  gate.log.info('drained', { left });
  return left === 0 ? 'drained' : 'time is over';
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    // A body is never read.
    connection: 'close',
  });
  response.end(`${text}\n`);
}
