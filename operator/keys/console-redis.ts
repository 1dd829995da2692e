// How the console reaches Redis: as a user of its own, who may work in every namespace. Its URL lies beside
// its keys, as the chart mounts them.

import { CONSOLE_USER, withLogin } from '#platform/redis/users.ts';
import type { KubeClient } from '../kube/client.ts';
import { MANAGERS, PATHS } from '../kube/paths.ts';
import { CONSOLE_KEYS_SECRET, type OperatorKeys } from './operator-keys.ts';
import { encoded, ensureSecret } from './secrets.ts';

/** Whose password `redisPassword` gives: no namespace can have this name. */
export const CONSOLE_REDIS = '*console';

/** `caFile` is where the chart mounts `ca`: a console without one is not given a path to nothing. */
const FILES = { url: 'redis-url', ca: 'redis-ca.crt', caFile: 'redis-ca-file' } as const;
const CA_FILE = `/etc/gatehouse/keys/${FILES.ca}`;

export interface ConsoleRedis {
  readonly client: KubeClient;
  readonly settings: { readonly namespace: string; readonly redisUrl: string };
  readonly redisCa: string | undefined;
}

/** Writes only what differs. */
export async function ensureConsoleRedis(
  { client, settings, redisCa }: ConsoleRedis,
  keys: OperatorKeys,
): Promise<void> {
  const { namespace, redisUrl } = settings;
  const url = withLogin(redisUrl, CONSOLE_USER, keys.redisPassword(CONSOLE_REDIS));
  const given = new Map<string, string>([
    [FILES.url, url],
    ...(redisCa === undefined
      ? []
      : ([
          [FILES.ca, redisCa],
          [FILES.caFile, CA_FILE],
        ] as const)),
  ]);
  const makers = Object.fromEntries([...given].map(([key, text]) => [key, () => text]));
  const texts = await ensureSecret(client, { namespace, name: CONSOLE_KEYS_SECRET }, makers);
  const changed = new Map([...given].filter(([key, text]) => texts.get(key) !== text));
  if (changed.size === 0) return;
  await client.merge(
    `${PATHS.secret(namespace, CONSOLE_KEYS_SECRET)}?fieldManager=${MANAGERS.objects}`,
    { data: encoded(changed) },
  );
}
