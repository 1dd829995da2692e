// From a pod to the same pod behind Gatehouse, or to a sentence on why not. Pure, and a fixed point:
// what we would add is taken out first, whoever put it there, so that names alone prove nothing.

import { SERVER_PATH } from '#crds/defaults.ts';
import {
  CONTAINERS,
  INJECTED_LABEL,
  PORT_NUMBERS,
  TUNING_ANNOTATIONS,
  VOLUMES,
  WORKLOAD_LABEL,
} from '#crds/names.ts';
import { type Capture, chooseCapture, nameOf, serverPort } from './capture.ts';
import { type Earlier, isReservedPort, withoutOurs } from './earlier.ts';
import { moveServer } from './move-server.ts';
import { outlastCalls } from './outlast-calls.ts';
import type { Container, Pod, Texts } from './pod.ts';
import { rewriteProbes } from './probes.ts';
import { type Refused, refuse } from './problem.ts';
import type { InjectionSettings, Placement } from './settings.ts';
import { redirectContainer, sidecarContainer } from './sidecar-container.ts';
import { readTuning, type Tuning } from './tuning.ts';
import { mountsOurs, sidecarVolumes } from './volumes.ts';

export interface Injected {
  readonly ok: true;
  readonly pod: Pod;
  readonly capture: Capture;
  readonly warnings: readonly string[];
}

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';
const SAFE_TO_EVICT = 'cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes';
const OURS: ReadonlySet<number> = new Set(Object.values(PORT_NUMBERS));
const GRACE_SECONDS = 30;
/** What the sidecar needs after its drain to finish the evidence. */
const CLOSING_SECONDS = 5;

export function inject(
  given: Pod,
  placement: Placement,
  settings: InjectionSettings,
): Injected | Refused {
  const annotations = given.metadata?.annotations ?? {};
  const tuning = readTuning(annotations, settings);
  if (!tuning.ok) return tuning;
  const earlier = withoutOurs(given);
  const broken = brokenPromise(earlier.pod);
  if (broken !== undefined) return refuse(broken);
  const port = serverPort(earlier.pod, placement.server, tuning.port);
  if (port === undefined) {
    return refuse(
      'the port of the server is not known: set spec.server.port in the policy, or annotation gatehouse.dev/port',
    );
  }
  const { pod, portName: takenName } = earlier;
  const own = [port, ...declaredPorts(pod)].find((one) => OURS.has(one));
  if (own !== undefined) {
    return refuse(`port ${own} is one of Gatehouse's own in every pod; let the server use another`);
  }
  const capture = chooseCapture({ pod, placement, port, asked: tuning.capture, takenName });
  if (!capture.ok) return capture;
  const warnings = [
    ...earlier.decoys.map(
      (name) => `container ${name} was taken out: the name is reserved for Gatehouse; rename it`,
    ),
    ...tuning.warnings,
    ...warningsOf(pod, capture, tuning),
  ];
  return {
    ok: true,
    pod: build(earlier, { placement, settings, tuning, capture }),
    capture,
    warnings,
  };
}

interface Plan {
  readonly placement: Placement;
  readonly settings: InjectionSettings;
  readonly tuning: Tuning;
  readonly capture: Capture;
}

function build(earlier: Earlier, { placement, settings, tuning, capture }: Plan): Pod {
  const moved = { from: capture.port, to: capture.serverPort };
  const { pod, probes } = rewriteProbes(earlier.pod, moved, earlier.probes);
  const { server, workloadKey, secrets } = placement;
  const mounted = { tlsSecret: server.tls?.secretName, secrets };
  const sidecar = sidecarContainer({
    ...{ settings, capture, workloadKey, probes, mounted },
    path: tuning.path ?? server.path ?? SERVER_PATH,
    resources: tuning.resources,
    drainSeconds: tuning.drainSeconds,
    portName: capture.mode === 'Redirect' ? undefined : takenNameOf(earlier, capture.port),
    podIsRoot: pod.spec.securityContext?.runAsUser === 0,
  });
  const rules =
    capture.mode === 'Redirect'
      ? [redirectContainer(settings, capture.port, server.capture?.allowedPorts ?? [])]
      : [];
  return {
    ...pod,
    metadata: describe(pod, {
      [WORKLOAD_LABEL]: workloadKey,
      [INJECTED_LABEL]: settings.revision,
      [TUNING_ANNOTATIONS.port]: String(capture.port),
    }),
    spec: {
      ...pod.spec,
      initContainers: [sidecar, ...rules, ...(pod.spec.initContainers ?? [])],
      containers: pod.spec.containers.map((one) => outlastCalls(giveWay(one, capture, placement))),
      volumes: [...(pod.spec.volumes ?? []), ...sidecarVolumes(workloadKey, mounted)],
    },
  };
}

/** What of the pod would let others into the sidecar, or traffic past it. */
function brokenPromise({ spec }: Pod): string | undefined {
  if (spec.hostNetwork === true) {
    return 'hostNetwork puts the server on the network of the node, where nothing can stand before it; remove it';
  }
  if (spec.shareProcessNamespace === true) {
    return 'shareProcessNamespace lets other containers read the memory of the sidecar; remove it';
  }
  if (spec.hostPID === true) {
    return 'hostPID lets containers of the pod see the processes of the sidecar; remove it';
  }
  const reader = [...spec.containers, ...(spec.initContainers ?? [])].find(mountsOurs);
  if (reader !== undefined) {
    return `container ${reader.name} mounts a volume of the sidecar, which holds its keys; remove the mount`;
  }
  const namesake = spec.containers.find(({ ports = [] }) =>
    ports.some(({ name }) => isReservedPort(name)),
  );
  if (namesake !== undefined) {
    return `container ${namesake.name} has a port with a name that is reserved for Gatehouse; rename the port`;
  }
  return spec.containers.length === 0
    ? `every container has a name that is reserved for Gatehouse (${Object.values(CONTAINERS).join(', ')}); rename the server`
    : undefined;
}

/** In the container that loses its port, or the name of it. */
function giveWay(container: Container, capture: Capture, { server }: Placement): Container {
  const { mode, port, serverPort: target } = capture;
  if (mode === 'Redirect') return container;
  if (mode === 'PortTakeover' && container.name !== capture.container) return container;
  const { ports, ...rest } = container;
  if (mode === 'NamedPort') {
    if (ports === undefined) return container;
    const unnamed = ports.map((one) => {
      const { name: _, ...anonymous } = one;
      return one.containerPort === port ? anonymous : one;
    });
    return { ...rest, ports: unnamed };
  }
  const moved = moveServer(rest, server.capture ?? {}, target);
  if (ports === undefined) return moved;
  const elsewhere = ports.map((one) =>
    one.containerPort === port ? { containerPort: target, protocol: 'TCP' } : one,
  );
  return { ...moved, ports: elsewhere };
}

function declaredPorts({ spec }: Pod): readonly number[] {
  return spec.containers.flatMap(({ ports = [] }) => ports.map((one) => one.containerPort));
}

function takenNameOf({ pod, portName }: Earlier, port: number): string | undefined {
  const names = pod.spec.containers.map((one) => nameOf(one, port));
  return names.find((name) => name !== undefined) ?? portName;
}

/** The port is written down: read off the pod again, it would be the one that the server was moved to. */
function describe(pod: Pod, { [TUNING_ANNOTATIONS.port]: port = '', ...ours }: Texts) {
  const { metadata = {} } = pod;
  const annotations: Texts = {
    [DEFAULT_CONTAINER]: pod.spec.containers[0]?.name ?? '',
    ...metadata.annotations,
    [TUNING_ANNOTATIONS.port]: port,
    [SAFE_TO_EVICT]: joined(metadata.annotations?.[SAFE_TO_EVICT], VOLUMES.data.name),
  };
  return { ...metadata, labels: { ...metadata.labels, ...ours }, annotations };
}

function joined(list: string | undefined, entry: string): string {
  const entries = (list ?? '').split(',').map((one) => one.trim());
  return [...new Set([...entries, entry])].filter((one) => one !== '').join(',');
}

function warningsOf({ spec }: Pod, capture: Capture, { drainSeconds }: Tuning): readonly string[] {
  const grace = spec.terminationGracePeriodSeconds ?? GRACE_SECONDS;
  return [
    ...(grace < drainSeconds + CLOSING_SECONDS
      ? [
          `terminationGracePeriodSeconds is ${grace}, but Gatehouse drains for ${drainSeconds} s and needs ${CLOSING_SECONDS} s more: calls can be cut; raise it, or lower gatehouse.dev/drain-seconds`,
        ]
      : []),
    ...(capture.mode === 'NamedPort' ? [`capture is NamedPort: ${capture.why}`] : []),
  ];
}
