// What an earlier injection left in a pod, so that injecting again gives the same: which probes it
// rewrote and which port name it took. Whoever wrote the pod could have written this, so it is checked.

import { CONTAINERS, PORT_NUMBERS, PORTS } from '#crds/names.ts';
import { withoutOutlasting } from './outlast-calls.ts';
import type { Container, Pod } from './pod.ts';
import type { AppProbe, AppProbes } from './probes.ts';
import { VOLUME_NAMES } from './volumes.ts';

export interface Earlier {
  /** The pod without anything of ours, whoever put it there under our names. */
  readonly pod: Pod;
  readonly probes: AppProbes;
  readonly portName: string | undefined;
  /** Names of containers that stood where none of ours ever does. */
  readonly decoys: readonly string[];
}

export const APP_PROBES = 'GATEHOUSE_APP_PROBES';
const NAMES: ReadonlySet<string> = new Set(Object.values(CONTAINERS));
const OURS: ReadonlySet<number> = new Set(Object.values(PORT_NUMBERS));
const PORT_NAME = /^(?=.*[a-z])[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/;

export function withoutOurs(pod: Pod): Earlier {
  const { containers, initContainers = [], volumes = [] } = pod.spec;
  const before = initContainers.find(({ name }) => name === CONTAINERS.sidecar);
  const rest = {
    containers: containers.filter((one) => !NAMES.has(one.name)).map(withoutOutlasting),
    initContainers: initContainers.filter((one) => !NAMES.has(one.name)),
    volumes: volumes.filter((one) => !VOLUME_NAMES.has(one.name)),
  };
  return {
    pod: { ...pod, spec: { ...pod.spec, ...rest } },
    probes: before === undefined ? {} : readAppProbes(before),
    decoys: containers.flatMap(({ name }) => (NAMES.has(name) ? [name] : [])),
    portName: before?.ports?.map(({ name }) => name).find(isTakenName),
  };
}

function isTakenName(name: string | undefined): name is string {
  return name !== undefined && !isReservedPort(name) && PORT_NAME.test(name);
}

export function isReservedPort(name: string | undefined): boolean {
  return Object.values(PORTS).some((one) => one === name);
}

function readAppProbes({ env = [] }: Container): AppProbes {
  const text = env.find(({ name }) => name === APP_PROBES)?.value;
  if (text === undefined) return {};
  try {
    const given: unknown = JSON.parse(text);
    return Object.fromEntries(Object.entries(Object(given)).filter(isEntry));
  } catch {
    return {};
  }
}

function isEntry(entry: [string, unknown]): entry is [string, AppProbe] {
  const probe = Object(entry[1]);
  const targets = [probe.httpGet, probe.tcpSocket, probe.grpc].filter((one) => one !== undefined);
  const port: unknown = targets[0]?.port;
  return (
    targets.length === 1 &&
    Object.keys(probe).length === 2 &&
    Number.isInteger(probe.timeoutSeconds) &&
    typeof port === 'number' &&
    !OURS.has(port) &&
    (probe.httpGet === undefined || isHttp(probe.httpGet))
  );
}

function isHttp({ path, scheme, headers }: Record<string, unknown>): boolean {
  return (
    typeof path === 'string' &&
    (scheme === 'HTTP' || scheme === 'HTTPS') &&
    Array.isArray(headers) &&
    headers.every((one) => typeof one?.name === 'string' && typeof one?.value === 'string')
  );
}
