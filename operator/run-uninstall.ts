// `operator.mjs uninstall`: what the chart runs before it is removed. It needs no lease: it only looks, records
// and takes the webhooks away.

import type { Clock } from '#platform/process/clock.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import { readRedisUrl } from '#platform/redis/target.ts';
import { openOperatorLog } from './evidence/open-log.ts';
import { bundledRedisUrl } from './keys/bundled-redis.ts';
import { loadOperatorKeys } from './keys/operator-keys.ts';
import type { KubeClient } from './kube/client.ts';
import { readRedisCa } from './redis-ca.ts';
import type { OperatorSettings } from './settings.ts';
import { prepareUninstall } from './uninstall.ts';

export interface UninstallOptions {
  readonly settings: OperatorSettings;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly version: string;
  readonly say: (line: string) => void;
}

/** False when the chart must stay. When somebody insists, evidence that cannot be written does not stop it. */
export async function runUninstall(options: UninstallOptions): Promise<boolean> {
  const { client, say } = options;
  return prepareUninstall({
    ...{ client, say, namespace: options.settings.namespace },
    record: async (detail) => {
      try {
        await record(options, detail);
      } catch (error) {
        if (!detail.forced) throw error;
        say('this could not be recorded as evidence');
      }
    },
  });
}

async function record(
  { settings, client, clock, version }: UninstallOptions,
  detail: { readonly governed: number; readonly forced: boolean },
): Promise<void> {
  const { namespace, redisUrl, isRedisBundled } = settings;
  const { trust } = await loadOperatorKeys(client, namespace);
  const url = isRedisBundled ? await bundledRedisUrl(client, namespace, redisUrl) : redisUrl;
  const ledger = await openOperatorLog({
    ...{ client, trust, version, ca: await readRedisCa(settings) },
    target: readRedisUrl(url, 'GATEHOUSE_REDIS'),
    namespace: namespace as Namespace,
    now: () => clock.timestamp(),
  });
  await ledger.append({ type: 'install.removed', ts: clock.timestamp(), detail });
  await ledger.close('uninstalled');
}
