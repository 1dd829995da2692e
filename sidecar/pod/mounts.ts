// What a pod's sidecar serves on its admin address beside probes and metrics: the probes of the governed server, and
// the doors for the hooks of a pod that ends: one that drains, and one where the server waits for that.

import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { DRAINED_PATH } from '#crds/names.ts';
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
/** The kubelet runs the hooks of a pod at the same time, and ours starts a program on a node that may be busy. A server
 * that is restarted alone waits for no longer. */
const DRAIN_BEGINS_MS = 10_000;
const MAX_WAITING = 64;

export function podMounts(
  appProbes: AppProbes,
  drainSeconds: number,
  attachable: Attachable,
): ReadonlyMap<string, Mount> {
  const drain = new Drain(drainSeconds * 1000, attachable);
  return new Map([
    [APP_HEALTH, appHealth(appProbes)],
    [DRAIN_PATH, drainDoor(drain)],
    [DRAINED_PATH, drainedDoor(drain)],
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
function drainDoor(drain: Drain): Mount {
  return async (request, response) => {
    if (!isFromHere(request)) return say(response, 403, 'only from inside the pod');
    if (request.method !== 'POST') return say(response, 405, 'only POST');
    say(response, 200, await drain.begin());
  };
}

/** The kubelet asks, for a server that gets its signal to end after the answer. */
function drainedDoor(drain: Drain): Mount {
  let waiting = 0;
  return async (request, response) => {
    if (request.method !== 'GET') return say(response, 405, 'only GET');
    if (waiting >= MAX_WAITING) return say(response, 503, 'too many wait already');
    waiting += 1;
    try {
      say(response, 200, (await drain.ended()) ?? 'nobody drains');
    } finally {
      waiting -= 1;
    }
  };
}

/** Once in the life of a pod. */
class Drain {
  readonly #mostMillis: number;
  readonly #attachable: Attachable;
  readonly #begun = new AbortController();
  #draining: Promise<string> | undefined;

  constructor(mostMillis: number, attachable: Attachable) {
    this.#mostMillis = mostMillis;
    this.#attachable = attachable;
  }

  begin(): Promise<string> {
    this.#draining ??= drain(this.#mostMillis, this.#attachable);
    this.#begun.abort();
    return this.#draining;
  }

  /** How it ended; undefined when none has begun for a while. */
  async ended(): Promise<string | undefined> {
    await sleep(DRAIN_BEGINS_MS, undefined, { signal: this.#begun.signal }).catch(() => {});
    return this.#draining;
  }
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
