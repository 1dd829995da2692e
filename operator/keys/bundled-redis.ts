// The password of the Redis that the chart brings for trial: made once by whichever replica comes first, in
// the Secret for which the pod of that Redis waits. A chart that made it would be another at each rendering.

import { randomBytes } from 'node:crypto';
import { withLogin } from '#platform/redis/users.ts';
import type { KubeClient } from '../kube/client.ts';
import { ensureSecret } from './secrets.ts';

const PLACE = { name: 'gatehouse-redis', key: 'password' } as const;

/** `address` with the login of its administrator. */
export async function bundledRedisUrl(
  client: KubeClient,
  namespace: string,
  address: string,
): Promise<string> {
  const { name, key } = PLACE;
  const texts = await ensureSecret(
    client,
    { namespace, name },
    { [key]: () => randomBytes(32).toString('base64url') },
  );
  return withLogin(address, 'default', texts.get(key) ?? '');
}
