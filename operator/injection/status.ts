// What the status annotation says of an injected pod, and whether a pod still stands as it was injected.
// A lane is certified only for one that does.

import { createHash } from 'node:crypto';
import { canonicalJson } from '#core/mcp/canonical-json.ts';
import type { JsonValue } from '#core/mcp/messages.ts';
import { CONTAINERS } from '#crds/names.ts';
import type { Capture, CaptureMode } from './capture.ts';
import type { Container, Pod } from './pod.ts';
import { mountsOurs, VOLUME_NAMES } from './volumes.ts';

export interface InjectionStatus {
  /** Version of the sidecar. */
  readonly revision: string;
  /** Of the sidecar; an operator that injects another counts this one as outdated. */
  readonly image: string;
  readonly capture: CaptureMode;
  /** Port that clients use, where the sidecar listens, and where the server does. */
  readonly ports: { readonly mcp: number; readonly listen: number; readonly server: number };
  /** Of the injected containers and volumes; hex. */
  readonly digest: string;
}

/** Amounts may be written anew by the API server and changed while the pod runs; they give no power. */
const FREE_FIELDS: ReadonlySet<string> = new Set(['resources', 'resizePolicy']);
const CONTAINER_NAMES: ReadonlySet<string> = new Set(Object.values(CONTAINERS));

export function statusOf(pod: Pod, capture: Capture, revision: string): InjectionStatus {
  const sidecar = pod.spec.initContainers?.find(({ name }) => name === CONTAINERS.sidecar);
  return {
    revision,
    image: String(sidecar?.image ?? ''),
    capture: capture.mode,
    ports: { mcp: capture.port, listen: capture.listenPort, server: capture.serverPort },
    digest: injectedDigest(pod),
  };
}

/** Undefined when the pod is as it was injected; else a sentence on what is not. */
export function compareInjected(pod: Pod, status: InjectionStatus): string | undefined {
  const { initContainers = [], containers } = pod.spec;
  if (initContainers[0]?.name !== CONTAINERS.sidecar) {
    return 'the sidecar is not the first init container of the pod';
  }
  const stranger = [...initContainers, ...containers, ...ephemeralContainers(pod)].find(
    (one) => !isOurContainer(one, initContainers) && mountsOurs(one),
  );
  if (stranger !== undefined) return `container ${stranger.name} mounts a volume of the sidecar`;
  return injectedDigest(pod) === status.digest
    ? undefined
    : 'containers or volumes of the sidecar are not as they were injected';
}

export function injectedDigest({ spec }: Pod): string {
  const ours = {
    containers: (spec.initContainers ?? []).filter(({ name }) => CONTAINER_NAMES.has(name)),
    volumes: (spec.volumes ?? []).filter(({ name }) => VOLUME_NAMES.has(name)),
  };
  const fixed = ours.containers.map((one) =>
    Object.fromEntries(Object.entries(one).filter(([field]) => !FREE_FIELDS.has(field))),
  );
  const text = canonicalJson({ containers: fixed, volumes: ours.volumes } as unknown as JsonValue);
  return createHash('sha256').update(text).digest('hex');
}

function isOurContainer(container: Container, initContainers: readonly Container[]): boolean {
  return CONTAINER_NAMES.has(container.name) && initContainers.includes(container);
}

function ephemeralContainers({ spec }: Pod): readonly Container[] {
  const { ephemeralContainers: found } = spec;
  return Array.isArray(found) ? (found as Container[]) : [];
}
