// Probes and hooks that reach the server over the pod's network would meet the sidecar, so they go to
// its admin port, which asks the server on loopback in their stead. What runs in the container stays.

import { PORT_NUMBERS } from '#crds/names.ts';
import type { Container, Handler, HttpGet, Pod, Probe } from './pod.ts';
import { runsOn } from './pod.ts';

/** What the sidecar does when a path of its admin port is asked; ports are numbers on loopback. */
export interface AppProbe {
  readonly httpGet?: {
    readonly port: number;
    readonly path: string;
    readonly scheme: string;
    readonly headers: readonly { readonly name: string; readonly value: string }[];
  };
  readonly tcpSocket?: { readonly port: number };
  readonly grpc?: { readonly port: number; readonly service: string };
  readonly timeoutSeconds: number;
}

export type AppProbes = Readonly<Record<string, AppProbe>>;

export interface Rewritten {
  readonly pod: Pod;
  readonly probes: AppProbes;
}

/** Where the server was moved; its probes follow. */
export interface Moved {
  readonly from: number;
  readonly to: number;
}

const OURS: ReadonlySet<number> = new Set(Object.values(PORT_NUMBERS));
const PREFIX = '/app-health';
const PROBES = [
  ['livenessProbe', 'livez'],
  ['readinessProbe', 'readyz'],
  ['startupProbe', 'startupz'],
] as const;
const HOOKS = [
  ['postStart', 'poststart'],
  ['preStop', 'prestop'],
] as const;

/** `earlier`: what an earlier injection of this pod rewrote; only paths that it still names are taken. */
export function rewriteProbes(pod: Pod, moved: Moved, earlier: AppProbes): Rewritten {
  const probes: Record<string, AppProbe> = {};
  const rewrite = (container: Container): Container =>
    rewriteContainer(container, (handler, path, seconds) => {
      const known = isOurs(handler, path) ? earlier[path] : undefined;
      const probe = known ?? toAppProbe(handler, container, { moved, seconds });
      if (probe === undefined) return undefined;
      probes[path] = probe;
      return { path, port: PORT_NUMBERS.admin, scheme: 'HTTP' };
    });
  const { initContainers } = pod.spec;
  const spec = {
    ...pod.spec,
    ...(initContainers === undefined
      ? {}
      : { initContainers: initContainers.map((one) => (runsOn(one) ? rewrite(one) : one)) }),
    containers: pod.spec.containers.map(rewrite),
  };
  return { pod: { ...pod, spec }, probes };
}

type Turn = (handler: Handler, path: string, timeoutSeconds: number) => HttpGet | undefined;

function rewriteContainer(container: Container, turn: Turn): Container {
  const changed: Record<string, unknown> = {};
  for (const [field, name] of PROBES) {
    const probe: Probe | undefined = container[field];
    if (probe === undefined) continue;
    const seconds = probe.timeoutSeconds ?? 1;
    changed[field] = withHandler(probe, turn(probe, pathOf(container, name), seconds));
  }
  if (container.lifecycle !== undefined) {
    const lifecycle: Record<string, unknown> = { ...container.lifecycle };
    for (const [field, name] of HOOKS) {
      const hook = container.lifecycle[field];
      if (hook?.httpGet === undefined) continue;
      lifecycle[field] = withHandler(hook, turn(hook, pathOf(container, name), HOOK_SECONDS));
    }
    changed.lifecycle = lifecycle;
  }
  return { ...container, ...changed };
}

/** Kubernetes bounds hooks by the grace period alone. */
const HOOK_SECONDS = 30;

function pathOf({ name }: Container, kind: string): string {
  return `${PREFIX}/${name}/${kind}`;
}

function withHandler<One extends Handler>(handler: One, httpGet: HttpGet | undefined): Handler {
  if (httpGet === undefined) return handler;
  const { httpGet: _http, tcpSocket: _tcp, grpc: _grpc, ...rest } = handler;
  return { ...rest, httpGet };
}

function isOurs({ httpGet }: Handler, path: string): boolean {
  return httpGet?.path === path && httpGet.port === PORT_NUMBERS.admin;
}

interface Circumstances {
  readonly moved: Moved;
  readonly seconds: number;
}

/** Undefined for what does not reach the pod over its network: commands, and probes of other hosts. */
function toAppProbe(
  { httpGet, tcpSocket, grpc }: Handler,
  container: Container,
  { moved, seconds: timeoutSeconds }: Circumstances,
): AppProbe | undefined {
  const target = httpGet ?? tcpSocket ?? grpc;
  if (target === undefined || isElsewhere(target)) return undefined;
  const port = portOf(target.port, container, moved);
  if (port === undefined) return undefined;
  if (httpGet !== undefined) {
    const { path = '/', scheme = 'HTTP', httpHeaders = [] } = httpGet;
    return { httpGet: { port, path, scheme, headers: httpHeaders }, timeoutSeconds };
  }
  return tcpSocket === undefined
    ? { grpc: { port, service: grpc?.service ?? '' }, timeoutSeconds }
    : { tcpSocket: { port }, timeoutSeconds };
}

function isElsewhere(target: object): boolean {
  return 'host' in target && target.host !== undefined && target.host !== '';
}

/** Our own ports are nobody's to probe through us: two such probes could ask each other for ever. */
function portOf(port: number | string, { ports = [] }: Container, moved: Moved) {
  const number =
    typeof port === 'number' ? port : ports.find((one) => one.name === port)?.containerPort;
  if (number === undefined || OURS.has(number)) return undefined;
  return number === moved.from ? moved.to : number;
}
