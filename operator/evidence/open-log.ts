// Opens the operator's log of evidence in Redis, with the newest checkpoint of it kept in a ConfigMap, so that
// a Redis that was rolled back shows.

import type { Ledger } from '#core/evidence/ledger.ts';
import { connectRedis } from '#platform/redis/client.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import { type Anchors, openRedisLedger } from '#platform/redis/ledger.ts';
import type { RedisTarget } from '#platform/redis/target.ts';
import type { OperatorKeys } from '../keys/operator-keys.ts';
import type { KubeClient } from '../kube/client.ts';
import { MANAGED_BY, MANAGERS, PATHS } from '../kube/paths.ts';

export interface LogPlaces {
  readonly client: KubeClient;
  readonly target: RedisTarget;
  readonly ca: string | undefined;
  readonly namespace: Namespace;
  readonly trust: OperatorKeys['trust'];
  readonly version: string;
  readonly now: () => string;
  /** As RedisLedgerOptions.onFork. */
  readonly onFork?: () => void;
}

const ANCHORS = 'gatehouse-evidence-anchors';

export async function openOperatorLog(places: LogPlaces): Promise<Ledger> {
  const { client, target, ca, namespace, trust, version, now, onFork } = places;
  const redis = await connectRedis(target, {
    name: 'gatehouse-operator-evidence',
    ...(ca === undefined ? {} : { ca }),
  });
  return openRedisLedger({
    ...{ client: redis, namespace, version, now },
    checkpoints: { trust, anchors: configMapAnchors(client, namespace) },
    ...(onFork === undefined ? {} : { onFork }),
  });
}

/** One key per log. */
export function configMapAnchors(client: KubeClient, namespace: string): Anchors {
  const path = PATHS.configMap(namespace, ANCHORS);
  return {
    read: async (log) => {
      const line: unknown = Object(Object(await client.find(path)).data)[log];
      return typeof line === 'string' ? line : undefined;
    },
    write: async (log, line) => {
      await client.apply(
        path,
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: ANCHORS, namespace, labels: MANAGED_BY },
          data: { [log]: line },
        },
        // Each log is a manager of its own, so that none takes away the line of another.
        { manager: `${MANAGERS.objects}-${log.slice(0, 26)}`, force: true },
      );
    },
  };
}
