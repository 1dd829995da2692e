// One replica of the operator, put together: the copy of the cluster, the keys, what sidecars reach, and the
// lease that says which replica does the leader's work.

import { type DocumentVerifier, documentVerifier } from '#platform/documents/signed-text.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import {
  namespaceUser,
  setConsoleUser,
  setNamespaceUser,
  withLogin,
} from '#platform/redis/users.ts';
import { Controller } from './controller.ts';
import { CONSOLE_REDIS, ensureConsoleRedis } from './keys/console-redis.ts';
import { loadOperatorKeys, type OperatorKeys } from './keys/operator-keys.ts';
import { ensureRuntimeSecret } from './keys/runtime-secret.ts';
import type { KubeClient } from './kube/client.ts';
import { KubeFault } from './kube/kube-fault.ts';
import { Leader } from './kube/leader.ts';
import type { OperatorMetrics } from './operator-metrics.ts';
import { PublishedDocuments } from './reconcile/published.ts';
import { createRenderer } from './reconcile/render.ts';
import { RedisLink } from './redis-link.ts';
import type { OperatorSettings } from './settings.ts';
import type { DocumentItem } from './world/objects.ts';
import { type World, watchWorld } from './world/world.ts';

export interface OperatorParts {
  readonly settings: OperatorSettings;
  readonly client: KubeClient;
  readonly log: Logger;
  readonly metrics: OperatorMetrics;
  readonly clock: Clock;
  readonly random: () => number;
  /** Of this release, and so of the sidecar that it injects. */
  readonly version: string;
  /** PEM of the authority of /v1. */
  readonly operatorCa: () => string;
  readonly redisCa: string | undefined;
  readonly recordingKeyPem: string | undefined;
  /** Another replica may lead now. */
  readonly onLoss: () => void;
}

export interface Operator {
  readonly world: World;
  readonly keys: OperatorKeys;
  readonly published: PublishedDocuments;
  readonly redis: RedisLink;
  readonly leads: boolean;
  isReady(): boolean;
  /** Called with each policy document that appears or changes. */
  follow(listener: (item: DocumentItem) => void): void;
  /** A sidecar said something: its namespace's status may be another. */
  heard(namespace: string): void;
  close(): Promise<void>;
}

const LEASE = 'gatehouse-operator';

/** Resolves when the cluster has been read once. */
export async function startOperator(parts: OperatorParts): Promise<Operator> {
  const { settings, client, metrics } = parts;
  const keys = await loadOperatorKeys(client, settings.namespace, parts.recordingKeyPem);
  const verifier = await documentVerifier(JSON.stringify(keys.policyKeys));
  const published = new PublishedDocuments(verifier);
  const listeners: ((item: DocumentItem) => void)[] = [];
  const led: { controller?: Controller } = {};
  const world = follow(parts, led, listeners);
  const users = new Map<Namespace, string>();
  await ensureConsoleRedis(parts, keys);
  const redis = linkRedis(parts, { led, users, keys });
  measure(metrics, { world, redis });
  await world.synced();
  const leader = lead(parts, () => {
    const state = { keys, verifier, published, world, redis, users };
    led.controller = newController(parts, state);
    led.controller.start();
  });
  return {
    ...{ world, keys, published, redis },
    get leads() {
      return leader.leads;
    },
    isReady: () => world.isSynced(),
    follow: (listener) => void listeners.push(listener),
    heard: (namespace) => led.controller?.namespace(namespace),
    close: async () => {
      await led.controller?.close();
      await leader.close();
      await world.close();
      redis.close();
    },
  };
}

/** There while this replica leads. */
interface Led {
  controller?: Controller;
}

function follow(
  { client, random, log }: OperatorParts,
  led: Led,
  listeners: readonly ((item: DocumentItem) => void)[],
): World {
  return watchWorld({
    client,
    random,
    onFault: (kind, error) => log.warn('watching is interrupted', { kind, ...saying(error) }),
    changes: {
      namespace: (name) => led.controller?.namespace(name),
      cluster: () => led.controller?.all(),
      document: (item) => {
        for (const listener of listeners) listener(item);
      },
    },
  });
}

function linkRedis(
  parts: OperatorParts,
  { led, users, keys }: { led: Led; users: Map<Namespace, string>; keys: OperatorKeys },
): RedisLink {
  const away = (error: unknown) => parts.log.warn('Redis is away', saying(error));
  const link: RedisLink = new RedisLink({
    target: parts.settings.redis,
    ca: parts.redisCa,
    // Users are not kept by every Redis, and a new one has none.
    onReady: () => {
      users.clear();
      led.controller?.all();
      if (link.admin === undefined) return;
      setConsoleUser(link.admin, keys.redisPassword(CONSOLE_REDIS)).catch(away);
    },
    onFault: away,
  });
  return link;
}

function lead(parts: OperatorParts, onLead: () => void): Leader {
  const { client, clock, random, settings, log, metrics, onLoss } = parts;
  const leader = new Leader({
    ...{ client, random, onLoss, namespace: settings.namespace, name: LEASE },
    identity: settings.podName,
    monotonicMillis: () => clock.monotonicMicros() / 1000,
    wallMillis: () => wallMillis(clock),
    onLead: () => {
      log.info('leads');
      onLead();
    },
    onFault: (error) => log.warn('the lease cannot be had', saying(error)),
  });
  metrics.gauge('leads', () => Number(leader.leads));
  leader.start();
  return leader;
}

interface LeaderState extends Pick<Operator, 'world' | 'keys' | 'published' | 'redis'> {
  readonly verifier: DocumentVerifier;
  /** Users that this Redis has, with what their Secret was last made of. */
  readonly users: Map<Namespace, string>;
}

function newController(parts: OperatorParts, state: LeaderState): Controller {
  const { client, metrics, log, version, settings, clock } = parts;
  const { keys, redis } = state;
  return new Controller({
    ...{ ...state, client, metrics, version },
    nowMillis: () => wallMillis(clock),
    key: keys.policyKey,
    state: () => redis.state,
    floors: new Map(),
    unusedSince: new Map(),
    render: createRenderer(),
    ownNamespace: settings.namespace,
    ensureRuntime: (namespace) => ensureRuntime(parts, state, namespace),
    observed: async ({ isChange }) => metrics.documentSigned(isChange ? 'changed' : 'renewed'),
    drifted: () => {},
    onFault: (key, error) => log.warn('is tried again', { key, ...saying(error) }),
  });
}

function wallMillis(clock: Clock): number {
  return Math.floor(clock.epochSeconds() * 1000);
}

async function ensureRuntime(
  { client, settings, redisCa, operatorCa }: OperatorParts,
  { keys, redis, users }: LeaderState,
  namespace: Namespace,
): Promise<void> {
  const password = keys.redisPassword(namespace);
  const ca = operatorCa();
  const { admin } = redis;
  if (admin !== undefined && !users.has(namespace)) {
    await setNamespaceUser(admin, namespace, password);
    users.set(namespace, '');
  }
  if (users.get(namespace) === ca) return;
  const redisUrl = withLogin(settings.redisUrl, namespaceUser(namespace), password);
  await ensureRuntimeSecret(
    { client, keys, redisCa, redisUrl: () => redisUrl, operatorCa },
    namespace,
  );
  if (users.has(namespace)) users.set(namespace, ca);
}

function measure(
  metrics: OperatorMetrics,
  { world, redis }: Pick<Operator, 'world' | 'redis'>,
): void {
  const all = [world.policies, world.baselines, world.namespaces, world.pods, world.documents];
  metrics.gauge('synced', () => Number(world.isSynced()));
  metrics.gauge('redis', () => Number(redis.admin !== undefined));
  metrics.gauge('watchRestarts', () => all.reduce((sum, { restarts }) => sum + restarts, 0));
}

/** Status and reason of what the API server refused: neither quotes an object. */
function saying(error: unknown) {
  const fault = error instanceof Error ? { error } : {};
  return error instanceof KubeFault
    ? { ...fault, status: error.status, reason: error.reason }
    : fault;
}
