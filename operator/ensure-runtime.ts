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
  /** Users that this Redis has, with the authority that their Secret was last given. */
  readonly users: Map<Namespace, string>;
}

export async function ensureRuntime(
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
