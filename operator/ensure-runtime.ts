// What a namespace needs before a sidecar can start in it: its Redis user, and its Secret.

import type { DocumentVerifier } from '#platform/documents/signed-text.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import { namespaceUser, setNamespaceUser, withLogin } from '#platform/redis/users.ts';
import type { OperatorLog } from './evidence/operator-log.ts';
import type { OperatorKeys } from './keys/operator-keys.ts';
import { ensureRuntimeSecret } from './keys/runtime-secret.ts';
import type { OperatorParts } from './operator-parts.ts';
import type { PublishedDocuments } from './reconcile/published.ts';
import type { RedisLink } from './redis-link.ts';
import type { World } from './world/world.ts';

export interface LeaderState {
  readonly world: World;
  readonly keys: OperatorKeys;
  readonly published: PublishedDocuments;
  readonly redis: RedisLink;
  readonly verifier: DocumentVerifier;
  readonly evidence: OperatorLog;
  /** Users that this Redis has, and what is known of their Secret. */
  readonly users: Map<Namespace, Given>;
}

export interface Given {
  /** Authority of the operator that the Secret was last given; undefined: none yet. */
  readonly ca: string | undefined;
  readonly atMillis: number;
}

/** The Secret may not be watched, so what somebody did to it is found by looking: at each resync, and not at each event. */
const LOOK_MILLIS = 30_000;

export interface RuntimeMaker
  extends Pick<OperatorParts, 'client' | 'redisCa' | 'operatorCa' | 'clock'> {
  readonly settings: Pick<OperatorParts['settings'], 'redisUrl'>;
}

export async function ensureRuntime(
  { client, settings, redisCa, operatorCa, clock }: RuntimeMaker,
  { keys, redis, users }: Pick<LeaderState, 'keys' | 'redis' | 'users'>,
  namespace: Namespace,
): Promise<void> {
  const password = keys.redisPassword(namespace);
  const [ca, atMillis] = [operatorCa(), clock.monotonicMicros() / 1000];
  const { admin } = redis;
  if (admin !== undefined && !users.has(namespace)) {
    await setNamespaceUser(admin, namespace, password);
    users.set(namespace, { ca: undefined, atMillis });
  }
  const given = users.get(namespace);
  if (given?.ca === ca && atMillis - given.atMillis < LOOK_MILLIS) return;
  const redisUrl = withLogin(settings.redisUrl, namespaceUser(namespace), password);
  await ensureRuntimeSecret(
    { client, keys, redisCa, redisUrl: () => redisUrl, operatorCa },
    namespace,
  );
  if (users.has(namespace)) users.set(namespace, { ca, atMillis });
}
