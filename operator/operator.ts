// One replica of the operator, put together: the copy of the cluster, the keys, what sidecars reach, and the
// lease that says which replica does the leader's work.

import { type DocumentVerifier, documentVerifier } from '#platform/documents/signed-text.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import { setConsoleUser } from '#platform/redis/users.ts';
import type { LeaderState } from './ensure-runtime.ts';
import { openOperatorLog } from './evidence/open-log.ts';
import { OperatorLog } from './evidence/operator-log.ts';
import { CONSOLE_REDIS, ensureConsoleRedis } from './keys/console-redis.ts';
import { loadOperatorKeys, type OperatorKeys } from './keys/operator-keys.ts';
import { KubeFault } from './kube/kube-fault.ts';
import { Leader } from './kube/leader.ts';
import { beginLeaderWork, type LeaderWork } from './leader-work.ts';
import type { OperatorMetrics } from './operator-metrics.ts';
import { type OperatorParts, saying, wallMillis } from './operator-parts.ts';
import { PublishedDocuments } from './reconcile/published.ts';
import { RedisLink } from './redis-link.ts';
import type { DocumentItem } from './world/objects.ts';
import { type World, watchWorld } from './world/world.ts';

export interface Operator {
  readonly world: World;
  readonly keys: OperatorKeys;
  readonly published: PublishedDocuments;
  readonly redis: RedisLink;
  readonly verifier: DocumentVerifier;
  readonly leads: boolean;
  isReady(): boolean;
  /** Called with each policy document that appears or changes. */
  follow(listener: (item: DocumentItem) => void): void;
  /** Evidence of the operator: each replica writes a log of its own. */
  readonly evidence: Pick<OperatorLog, 'record' | 'append'>;
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
  const led: Led = {};
  const world = follow(parts, led, listeners);
  const users: LeaderState['users'] = new Map();
  await ensureConsoleRedis(parts, keys);
  const redis = linkRedis(parts, { led, users, keys });
  measure(metrics, { world, redis });
  const evidence = newEvidence(parts, keys);
  await world.synced();
  const leader = lead(parts, () => {
    const state = { keys, verifier, published, world, redis, users, evidence };
    led.work = beginLeaderWork(parts, state);
  });
  return {
    ...{ world, keys, published, redis, verifier, evidence },
    get leads() {
      return leader.leads;
    },
    isReady: () => world.isSynced(),
    follow: (listener) => void listeners.push(listener),
    heard: (namespace) => led.work?.controller.namespace(namespace),
    close: async () => {
      await led.work?.close();
      await evidence.close();
      await leader.close();
      await world.close();
      redis.close();
    },
  };
}

/** There while this replica leads. */
interface Led {
  work?: LeaderWork;
}

function follow(
  { client, random, log }: OperatorParts,
  led: Led,
  listeners: readonly ((item: DocumentItem) => void)[],
): World {
  return watchWorld({
    client,
    random,
    onFault: (kind, error) => log.warn(interrupted(error), { kind, ...saying(error) }),
    changes: {
      namespace: (name) => led.work?.controller.namespace(name),
      cluster: () => led.work?.controller.all(),
      document: (item) => {
        for (const listener of listeners) listener(item);
      },
    },
  });
}

/** What is watched is there in every cluster, save the definitions of policies. */
function interrupted(error: unknown): string {
  return error instanceof KubeFault && error.status === 404
    ? 'the definitions of policies are not there: install the chart gatehouse-crds'
    : 'watching is interrupted';
}

function linkRedis(
  parts: OperatorParts,
  { led, users, keys }: { led: Led; users: LeaderState['users']; keys: OperatorKeys },
): RedisLink {
  const away = (error: unknown) => parts.log.warn('Redis is away', saying(error));
  const link: RedisLink = new RedisLink({
    target: parts.settings.redis,
    ca: parts.redisCa,
    // Users are not kept by every Redis, and a new one has none.
    onReady: () => {
      users.clear();
      led.work?.controller.all();
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

function newEvidence(
  { client, settings, version, clock, log, redisCa }: OperatorParts,
  keys: OperatorKeys,
): OperatorLog {
  const now = () => clock.timestamp();
  return new OperatorLog({
    now,
    open: (onFork) =>
      openOperatorLog({
        ...{ client, version, now, onFork, target: settings.redis, ca: redisCa, trust: keys.trust },
        namespace: settings.namespace as Namespace,
      }),
    onFault: (error) => log.warn('evidence of the operator waits', saying(error)),
  });
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
