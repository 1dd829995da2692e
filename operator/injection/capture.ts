// How the traffic of one pod is brought to the sidecar, with the reason in a sentence. The strongest mode
// that the pod permits is taken; one that was asked for and cannot hold what it promises is refused.

import { PORT_NUMBERS } from '#crds/names.ts';
import type { ServerConfig } from '#crds/policy.ts';
import { movable } from './move-server.ts';
import type { Container, Pod } from './pod.ts';
import { isTcp } from './pod.ts';
import { type Refused, refuse } from './problem.ts';
import type { Placement, ServiceFacts } from './settings.ts';

export type CaptureMode = 'PortTakeover' | 'Redirect' | 'NamedPort';

export interface Capture {
  readonly ok: true;
  readonly mode: CaptureMode;
  /** Port by which clients reach the server through Services and Pods. */
  readonly port: number;
  /** Where the server listens once it was moved; the same port where it was not. */
  readonly serverPort: number;
  /** Port on which the sidecar listens. */
  readonly listenPort: number;
  /** Container that is moved. */
  readonly container?: string;
  readonly why: string;
}

export interface CaptureQuestion {
  readonly pod: Pod;
  readonly placement: Placement;
  readonly port: number;
  readonly asked: CaptureMode | 'Auto' | undefined;
  /** Name of the port in an earlier injection of the same pod, whose container has lost it since. */
  readonly takenName: string | undefined;
}

/** Pod Security levels that let no container have NET_ADMIN. */
const WITHOUT_NET_ADMIN: ReadonlySet<string> = new Set(['baseline', 'restricted']);
const ENFORCED = 'pod-security.kubernetes.io/enforce';
const OURS: ReadonlySet<number> = new Set(Object.values(PORT_NUMBERS));
/** How far the server's port is moved; any free one would do, this one people recognise. */
const OFFSET = 10_000;
const MAX_PORT = 65_535;
const FIRST_UNPRIVILEGED_PORT = 1024;

export function chooseCapture(question: CaptureQuestion): Capture | Refused {
  const fixed = question.placement.server.capture?.mode ?? 'Auto';
  const asked = question.asked ?? fixed;
  if (fixed !== 'Auto' && asked !== fixed) {
    return refuse(
      `annotation gatehouse.dev/capture says ${asked}, but the policy says ${fixed}; remove the annotation`,
    );
  }
  switch (asked) {
    case 'PortTakeover':
      return takeOver(question);
    case 'Redirect':
      return redirect(question);
    case 'NamedPort':
      return takeName(question);
    case 'Auto':
      return firstThatHolds(question);
  }
}

function firstThatHolds(question: CaptureQuestion): Capture | Refused {
  const found = [takeOver, redirect, takeName].map((attempt) => attempt(question));
  const best = found.find((capture) => capture.ok);
  if (best !== undefined) return best;
  const whys = found.flatMap((capture) => (capture.ok ? [] : [capture.why]));
  return refuse(`no way to bring its traffic to the sidecar holds: ${whys.join('; ')}`);
}

function takeOver({ pod, placement, port }: CaptureQuestion): Capture | Refused {
  if (port < FIRST_UNPRIVILEGED_PORT) {
    return refuse(`PortTakeover: the sidecar has no privilege to listen on port ${port}`);
  }
  const container = serverContainer(pod, port);
  if (container === undefined) {
    return refuse(
      `PortTakeover needs to know the server: let one container declare containerPort ${port}`,
    );
  }
  const why = movable(container, placement.server.capture ?? {});
  if (why !== undefined) return refuse(`PortTakeover: ${why}`);
  const hostPort = heldHostPort(pod, port);
  if (hostPort !== undefined) return refuse(`PortTakeover: ${hostPort}`);
  const target = movedPort(port);
  if (declaring(pod, port).length > 0 && declaring(pod, target).length > 0) {
    return refuse(
      `PortTakeover would move the server to port ${target}, which the pod uses itself`,
    );
  }
  return {
    ok: true,
    mode: 'PortTakeover',
    port,
    serverPort: target,
    listenPort: port,
    container: container.name,
    why: `the policy says how to move the server to loopback, so the sidecar takes port ${port} itself`,
  };
}

function redirect({ pod, placement, port }: CaptureQuestion): Capture | Refused {
  const level = placement.namespaceLabels[ENFORCED];
  if (level !== undefined && WITHOUT_NET_ADMIN.has(level)) {
    return refuse(
      `Redirect needs NET_ADMIN in an init container, which Pod Security level ${level} of the namespace forbids`,
    );
  }
  const { containers, initContainers = [] } = pod.spec;
  const able = [...containers, ...initContainers].find(canUndoRules);
  if (able !== undefined) {
    return refuse(
      `Redirect: container ${able.name} is privileged or has NET_ADMIN, so it could take the redirect away`,
    );
  }
  return {
    ok: true,
    mode: 'Redirect',
    port,
    serverPort: port,
    listenPort: PORT_NUMBERS.redirected,
    why: `the server keeps port ${port}; what reaches it from outside the pod is sent to the sidecar`,
  };
}

function takeName(question: CaptureQuestion): Capture | Refused {
  const { pod, placement, port, takenName } = question;
  const named = pod.spec.containers.find((one) => nameOf(one, port) !== undefined);
  if (named === undefined && takenName === undefined) {
    return refuse(`NamedPort needs a name on containerPort ${port}, which Services then use`);
  }
  const service = placement.services.find((one) => reachesByNumber(one, pod, port));
  if (service !== undefined) {
    return refuse(
      `NamedPort: Service ${service.name} reaches port ${port} by its number and would go around; give it the port's name as targetPort`,
    );
  }
  const hostPort = heldHostPort(pod, port);
  if (hostPort !== undefined) return refuse(`NamedPort: ${hostPort}`);
  return {
    ok: true,
    mode: 'NamedPort',
    port,
    serverPort: port,
    listenPort: PORT_NUMBERS.redirected,
    why: `only the name of port ${port} could be taken: whoever knows the address of the pod reaches the server without Gatehouse`,
  };
}

/** The port of the server: said by annotation or policy, or the only one that the pod declares. */
export function serverPort(
  pod: Pod,
  server: ServerConfig,
  tuned: number | undefined,
): number | undefined {
  const said = tuned ?? server.port;
  if (said !== undefined) return said;
  const declared = pod.spec.containers.flatMap(({ ports = [] }) => ports.filter(isTcp));
  return declared.length === 1 ? declared[0]?.containerPort : undefined;
}

export function nameOf(container: Container, port: number): string | undefined {
  return container.ports?.find((one) => isTcp(one) && one.containerPort === port)?.name;
}

/** Injected before, the server declares the port that it was moved to. */
function serverContainer(pod: Pod, port: number): Container | undefined {
  const known = [port, movedPort(port)].map((one) => declaring(pod, one));
  const found = known.find((containers) => containers.length > 0) ?? pod.spec.containers;
  return found.length === 1 ? found[0] : undefined;
}

function declaring({ spec }: Pod, port: number): readonly Container[] {
  return spec.containers.filter(({ ports = [] }) =>
    ports.some((one) => isTcp(one) && one.containerPort === port),
  );
}

function canUndoRules({ securityContext = {} }: Container): boolean {
  const added = securityContext.capabilities?.add ?? [];
  return (
    securityContext.privileged === true ||
    added.some((one) => /^(CAP_)?(NET_ADMIN|SYS_ADMIN|ALL)$/i.test(one))
  );
}

function heldHostPort({ spec }: Pod, port: number): string | undefined {
  const holder = spec.containers.find(({ ports = [] }) =>
    ports.some((one) => one.containerPort === port && (one.hostPort ?? 0) > 0),
  );
  return holder === undefined
    ? undefined
    : `container ${holder.name} opens port ${port} on the node (hostPort); remove it and use a Service`;
}

function reachesByNumber({ selector, ports }: ServiceFacts, pod: Pod, port: number): boolean {
  const labels = new Map(Object.entries(pod.metadata?.labels ?? {}));
  const wanted = Object.entries(selector);
  return (
    wanted.length > 0 &&
    wanted.every(([key, value]) => labels.get(key) === value) &&
    ports.some((one) => Number(one.targetPort ?? one.port) === port)
  );
}

/** Depends on nothing but the port, so that injecting again finds the same one. */
function movedPort(port: number): number {
  const moved = port + OFFSET <= MAX_PORT ? port + OFFSET : port - OFFSET;
  return OURS.has(moved) ? moved + OURS.size : moved;
}
