// The Secret of each namespace with all that its sidecars need to start while the operator is away. What is the
// namespace's own is made once; what comes from the operator is kept as it is now.

import { RUNTIME_SECRET } from '#crds/names.ts';
import type { KubeClient } from '../kube/client.ts';
import { MANAGERS, PATHS } from '../kube/paths.ts';
import { newP256, newSymmetric, type OperatorKeys } from './operator-keys.ts';
import { encoded, ensureSecret, type SecretTexts } from './secrets.ts';

/** Names of its keys, which are the names of files in the pod. */
export const RUNTIME_FILES = {
  redisUrl: 'redis-url',
  redisCa: 'redis-ca.crt',
  sealing: 'sealing.keys',
  masking: 'masking.key',
  recording: 'recording.pub',
  upstream: 'upstream-signing-key.pem',
  approval: 'approval.pub',
  policyKeys: 'policy-keys.json',
  operatorCa: 'operator-ca.crt',
} as const;

export interface RuntimeParts {
  readonly client: KubeClient;
  readonly keys: OperatorKeys;
  /** The Redis of this namespace's user. */
  readonly redisUrl: (namespace: string) => string;
  readonly redisCa: string | undefined;
  /** PEM, one certificate or more during a rotation. */
  readonly operatorCa: () => string;
}

/** Writes only what differs. */
export async function ensureRuntimeSecret(parts: RuntimeParts, namespace: string): Promise<void> {
  const place = { namespace, name: RUNTIME_SECRET };
  const given = operatorsPart(parts, namespace);
  const makers = Object.fromEntries([...given].map(([key, text]) => [key, () => text]));
  const texts = await ensureSecret(parts.client, place, {
    ...makers,
    [RUNTIME_FILES.sealing]: newSymmetric,
    [RUNTIME_FILES.masking]: newSymmetric,
    [RUNTIME_FILES.upstream]: newP256,
  });
  const changed = new Map([...given].filter(([key, text]) => texts.get(key) !== text));
  if (changed.size === 0) return;
  const body = { data: encoded(changed) };
  await parts.client.merge(
    `${PATHS.secret(namespace, RUNTIME_SECRET)}?fieldManager=${MANAGERS.objects}`,
    body,
  );
}

function operatorsPart(parts: RuntimeParts, namespace: string): SecretTexts {
  const { keys, redisCa, redisUrl, operatorCa } = parts;
  return new Map([
    [RUNTIME_FILES.redisUrl, redisUrl(namespace)],
    ...(redisCa === undefined ? [] : [[RUNTIME_FILES.redisCa, redisCa] as const]),
    [RUNTIME_FILES.recording, keys.recordingPublicPem],
    [RUNTIME_FILES.approval, keys.approvalPublicPem],
    [RUNTIME_FILES.policyKeys, JSON.stringify(keys.policyKeys)],
    [RUNTIME_FILES.operatorCa, operatorCa()],
  ]);
}
