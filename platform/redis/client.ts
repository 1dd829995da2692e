// Opens connections to Redis as a target says. Each has one owner that closes it; evidence and waiting have
// connections of their own, so that neither stands in line behind the other.

import { Cluster, Redis } from 'ioredis';
import { RedisFault } from './fault.ts';
import type { RedisTarget } from './target.ts';

export type RedisClient = Redis | Cluster;

export interface ConnectOptions {
  /** Shown by CLIENT LIST. */
  readonly name: string;
  /** PEM of the authority that signed the server's certificate; default: the public ones. */
  readonly ca?: string;
  /** Told of the codes with which it fails, such as ECONNREFUSED, each once until it stands again; never more than the code. */
  readonly onError?: (code: string) => void;
}

/** A call that waits for an answer longer than this is refused: Redis is down or as good as. */
const COMMAND_MS = 2000;
const CONNECT_MS = 2000;
/** For a first connection, over every Sentinel or node that is named. */
const START_MS = 10_000;
/** Soon, and not all replicas at once. */
const RETRY_MS = { least: 50, most: 1000 };

/** Resolves when the first connection stands; rejects with RedisFault, and closes, when it does not. */
export async function connectRedis(
  target: RedisTarget,
  options: ConnectOptions,
): Promise<RedisClient> {
  const client = openClient(target, options);
  try {
    await firstConnection(client);
  } catch (cause) {
    client.disconnect();
    const why = codeOf(cause);
    throw new RedisFault(
      'unreachable',
      `Redis at ${placesOf(target)} cannot be used (${why}): ${ADVICE.get(why) ?? 'is it running, and is the address right?'}`,
      { cause },
    );
  }
  // Without a listener the client prints errors itself. From here on it connects again by itself.
  tellOfOutages(client, options.onError);
  reviveUnlessClosed(client);
  return client;
}

/** It tries each second, and many connections do: an outage must not fill a log. */
function tellOfOutages(client: RedisClient, tell: ConnectOptions['onError']): void {
  const told = new Set<string>();
  client.on('ready', () => told.clear());
  client.on('error', (error: unknown) => {
    const code = codeOf(error);
    if (!told.has(code)) tell?.(code);
    told.add(code);
  });
}

/**
 * A failover that a Sentinel tells of while the client is about to connect ends it for good, as if its owner had: it gives up
 * its connector. So whoever was not closed begins anew.
 */
function reviveUnlessClosed(client: RedisClient): void {
  let isClosed = false;
  const disconnect = client.disconnect.bind(client);
  client.disconnect = (reconnect = false) => {
    isClosed ||= !reconnect;
    disconnect(reconnect);
  };
  client.on('end', () => {
    if (isClosed) return;
    const again = () => {
      if (!isClosed) client.connect().catch(() => {});
    };
    setTimeout(again, RETRY_MS.least).unref();
  });
}

/** The client would try for ever; at a start the first thing that is wrong is worth saying. */
async function firstConnection(client: RedisClient): Promise<void> {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  client.once('error', reject);
  const timer = setTimeout(() => reject(new Error('no answer in time')), START_MS);
  try {
    const connected = client.connect();
    connected.catch(() => {});
    await Promise.race([connected, failed]);
  } finally {
    clearTimeout(timer);
    client.off('error', reject);
    client.on('error', () => {});
  }
}

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['WRONGPASS', 'the user name or the password is wrong'],
  ['NOAUTH', 'it asks for a password; give it in GATEHOUSE_REDIS'],
  ['NOPERM', 'the user may not do what Gatehouse does; see docs/redis.md'],
]);

/** Hosts and ports, for people: no credentials. */
export function placesOf(target: RedisTarget): string {
  const addresses =
    target.kind === 'server'
      ? [target.address]
      : target.kind === 'cluster'
        ? target.nodes
        : target.sentinels;
  return addresses.map(({ host, port }) => `${host}:${port}`).join(', ');
}

/** The first word of a reply of Redis, the system's code, or a constant: never a value. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'ReplyError') return /^[A-Z]{2,32}(?= |$)/.exec(error.message)?.[0] ?? 'ERR';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name === 'Error' ? 'unavailable' : error.name;
}

function openClient(target: RedisTarget, options: ConnectOptions): RedisClient {
  const common = commonOptions(target, options);
  const tls = tlsOf(target, options);
  switch (target.kind) {
    case 'server':
      return new Redis({ ...common, ...target.address, db: target.db });
    case 'sentinel':
      return new Redis({
        ...common,
        sentinels: [...target.sentinels],
        name: target.master,
        db: target.db,
        failoverDetector: true,
        sentinelRetryStrategy: retryMillis,
        enableTLSForSentinelMode: target.tls,
        sentinelTLS: tls.tls,
      });
    case 'cluster':
      return new Cluster([...target.nodes], {
        lazyConnect: true,
        enableOfflineQueue: false,
        clusterRetryStrategy: retryMillis,
        slotsRefreshTimeout: COMMAND_MS,
        redisOptions: common,
      });
  }
}

function commonOptions(target: RedisTarget, options: ConnectOptions) {
  const { username, password } = target;
  return {
    connectionName: options.name,
    commandTimeout: COMMAND_MS,
    connectTimeout: CONNECT_MS,
    maxRetriesPerRequest: 0,
    // What could not be sent is refused at once: a call must not take effect after it was given up.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: retryMillis,
    // A primary that became a replica answers so; the next connection finds its successor.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    lazyConnect: true,
    disableClientInfo: true,
    protocol: 2 as const,
    username,
    password,
    ...tlsOf(target, options),
  };
}

function tlsOf({ tls }: RedisTarget, { ca }: ConnectOptions) {
  return tls ? { tls: ca === undefined ? {} : { ca } } : {};
}

function retryMillis(times: number): number {
  return Math.min(RETRY_MS.least * times, RETRY_MS.most);
}
