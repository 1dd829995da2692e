// The rules of the Pod Security level "restricted" (and so of "baseline"), as Kubernetes 1.36 checks them
// on a pod: everything that would refuse it.

import type { Container, Pod } from './pod.ts';

const VOLUME_TYPES: ReadonlySet<string> = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

export function violationsOfRestricted({ spec }: Pod): readonly string[] {
  const host = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((one) => spec[one] === true);
  const volumes = (spec.volumes ?? []).flatMap(({ name, ...source }) =>
    Object.keys(source).every((type) => VOLUME_TYPES.has(type)) ? [] : [`volume ${name}`],
  );
  const all = [...(spec.initContainers ?? []), ...spec.containers];
  return [
    ...host,
    ...volumes,
    ...all.flatMap((one) => violationsOf(one, spec.securityContext ?? {})),
  ];
}

function violationsOf(container: Container, pod: Record<string, unknown>): readonly string[] {
  const own: Record<string, unknown> = container.securityContext ?? {};
  const { capabilities } = container.securityContext ?? {};
  const effective = (field: string) => own[field] ?? pod[field];
  const seccomp: unknown = Object(effective('seccompProfile')).type;
  const rules: Record<string, boolean> = {
    privileged: own.privileged !== true,
    allowPrivilegeEscalation: own.allowPrivilegeEscalation === false,
    'drop ALL': capabilities?.drop?.includes('ALL') === true,
    'added capabilities': (capabilities?.add ?? []).every((one) => one === 'NET_BIND_SERVICE'),
    runAsNonRoot: effective('runAsNonRoot') === true,
    runAsUser: effective('runAsUser') !== 0,
    seccompProfile: seccomp === 'RuntimeDefault' || seccomp === 'Localhost',
    hostPort: (container.ports ?? []).every(({ hostPort = 0 }) => hostPort === 0),
    'probe host': !JSON.stringify([
      container.livenessProbe,
      container.readinessProbe,
      container.startupProbe,
      container.lifecycle,
    ]).includes('"host":"'),
  };
  return Object.entries(rules).flatMap(([rule, holds]) =>
    holds ? [] : [`${container.name}: ${rule}`],
  );
}
