// Secrets of the cluster as text by key. One that is missing, or lacks keys, is completed once: of two
// replicas that try, the second takes what the first wrote. What is there is never replaced.

import type { KubeClient } from '../kube/client.ts';
import { isConflict } from '../kube/kube-fault.ts';
import { MANAGED_BY, PATHS } from '../kube/paths.ts';

export type SecretTexts = ReadonlyMap<string, string>;

export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
}

const ATTEMPTS = 5;

/** What each key is made of where it is missing. */
export type SecretMakers = Readonly<Record<string, () => string>>;

export async function ensureSecret(
  client: KubeClient,
  place: SecretPlace,
  makers: SecretMakers,
): Promise<SecretTexts> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await complete(client, place, makers);
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

async function complete(
  client: KubeClient,
  { namespace, name }: SecretPlace,
  makers: SecretMakers,
): Promise<SecretTexts> {
  const found = await client.find(PATHS.secret(namespace, name));
  const texts = readTexts(found);
  const missing = Object.entries(makers).filter(([key]) => !texts.has(key));
  if (found !== undefined && missing.length === 0) return texts;
  for (const [key, make] of missing) texts.set(key, make());
  const { metadata } = Object(found);
  const body = {
    ...Object(found),
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata ?? { name, namespace, labels: MANAGED_BY },
    data: encoded(texts),
  };
  await (found === undefined
    ? client.create(PATHS.secrets(namespace), body)
    : client.replace(PATHS.secret(namespace, name), body));
  return texts;
}

/** `data` of a Secret. */
export function encoded(texts: SecretTexts): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...texts].map(([key, text]) => [key, Buffer.from(text, 'utf8').toString('base64')]),
  );
}

export function readTexts(secret: unknown): Map<string, string> {
  return new Map(
    Object.entries(Object(Object(secret).data)).map(([key, value]) => [
      key,
      Buffer.from(String(value), 'base64').toString('utf8'),
    ]),
  );
}
