// The volumes of the sidecar. Every value is written out, also where it is what Kubernetes would put
// there, so that injecting again and comparing later find exactly what was written.

import type { SecretKeyRef } from '#core/policy/credential-source.ts';
import { secretId } from '#core/policy/secret-refs.ts';
import { documentConfigMap } from '#core/workloads/workload-key.ts';
import { OPERATOR_AUDIENCE, RUNTIME_SECRET, VOLUMES } from '#crds/names.ts';
import type { Container, Volume } from './pod.ts';

/** 0644, as Kubernetes has it: the files are of root, and the sidecar is not. */
const MODE = 420;
const TOKEN_SECONDS = 3600;

export const VOLUME_NAMES: ReadonlySet<string> = new Set(
  Object.values(VOLUMES).map(({ name }) => name),
);

export function mountsOurs({ volumeMounts = [] }: Container): boolean {
  return volumeMounts.some(({ name }) => VOLUME_NAMES.has(name));
}

/** What policies have put into a pod beyond what every pod has. */
export interface MountedSecrets {
  /** With certificate and key of the MCP port. */
  readonly tlsSecret: string | undefined;
  readonly secrets: readonly SecretKeyRef[];
}

export function sidecarVolumes(
  workloadKey: string,
  { tlsSecret, secrets }: MountedSecrets,
): Volume[] {
  return [
    {
      name: VOLUMES.policy.name,
      configMap: { name: documentConfigMap(workloadKey), defaultMode: MODE, optional: false },
    },
    {
      name: VOLUMES.runtime.name,
      secret: { secretName: RUNTIME_SECRET, defaultMode: MODE, optional: false },
    },
    {
      name: VOLUMES.token.name,
      projected: {
        defaultMode: MODE,
        sources: [
          {
            serviceAccountToken: {
              audience: OPERATOR_AUDIENCE,
              expirationSeconds: TOKEN_SECONDS,
              path: 'token',
            },
          },
        ],
      },
    },
    { name: VOLUMES.data.name, emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
    ...(tlsSecret === undefined
      ? []
      : [
          {
            name: VOLUMES.tls.name,
            secret: { secretName: tlsSecret, defaultMode: MODE, optional: false },
          },
        ]),
    ...(secrets.length === 0
      ? []
      : [
          {
            name: VOLUMES.secrets.name,
            projected: { defaultMode: MODE, sources: sourcesOf(secrets) },
          },
        ]),
  ];
}

/** Nothing but the keys that are named. One that is missing is for the sidecar to say, in words. */
function sourcesOf(secrets: readonly SecretKeyRef[]): readonly object[] {
  return [...Map.groupBy(secrets, ({ name }) => name)].map(([name, keys]) => ({
    secret: {
      name,
      items: keys.map((ref) => ({ key: ref.key, path: secretId(ref) })),
      optional: true,
    },
  }));
}

export function sidecarMounts({
  tlsSecret,
  secrets,
}: MountedSecrets): { name: string; [field: string]: unknown }[] {
  const { policy, runtime, token, data, tls } = VOLUMES;
  const named = secrets.length === 0 ? [] : [VOLUMES.secrets];
  const readOnly = [policy, runtime, token, ...(tlsSecret === undefined ? [] : [tls]), ...named];
  return [
    ...readOnly.map(({ name, path }) => ({ name, mountPath: path, readOnly: true })),
    { name: data.name, mountPath: data.path },
  ];
}
