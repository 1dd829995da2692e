// The volumes of the sidecar. Every value is written out, also where it is what Kubernetes would put
// there, so that injecting again and comparing later find exactly what was written.

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

export function sidecarVolumes(workloadKey: string, tlsSecret: string | undefined): Volume[] {
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
  ];
}

export function sidecarMounts(hasTls: boolean): { name: string; [field: string]: unknown }[] {
  const { policy, runtime, token, data, tls } = VOLUMES;
  const readOnly = [policy, runtime, token, ...(hasTls ? [tls] : [])];
  return [
    ...readOnly.map(({ name, path }) => ({ name, mountPath: path, readOnly: true })),
    { name: data.name, mountPath: data.path },
  ];
}
