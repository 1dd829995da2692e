// Which pods a policy is for and how they stand: pure. A pod counts when it is governed, when it should be, and
// when it is where governed clients are sent all the same.

import type { EffectivePolicy } from '#core/policy/document.ts';
import { governsByName, governsWorkload } from '#core/workloads/governing.ts';
import { selects } from '#core/workloads/selector.ts';
import type { NamespaceItem, PodItem, PolicyItem, ServiceItem } from '../world/objects.ts';
import type { Ack } from './acks.ts';

export type PodState =
  | 'uninjected'
  /** No word about the policy that is in force. */
  | 'pending'
  | 'programmed'
  | 'rejected';

export interface Target {
  readonly pod: PodItem;
  readonly state: PodState;
  readonly ack: Ack | undefined;
  /** It opted in, or its namespace did: made anew, it would have a sidecar. */
  readonly isMeant: boolean;
  /** Of an older release, or made before a policy named a Secret that it needs. */
  readonly isOutdated: boolean;
  readonly isExposed: boolean;
}

/** What is injected now. */
export interface Sidecar {
  readonly version: string;
  readonly image: string;
}

export interface NamespaceFacts {
  readonly namespace: NamespaceItem;
  readonly pods: readonly PodItem[];
  readonly policies: readonly PolicyItem[];
  readonly services: readonly ServiceItem[];
  /** By workload key. */
  readonly documents: ReadonlyMap<string, EffectivePolicy>;
  /** By pod; undefined while Redis is away. */
  readonly acks: ReadonlyMap<string, Ack> | undefined;
  readonly sidecar: Sidecar;
}

/** Whether the pod has to have a sidecar, by its own label or its namespace's. */
export function isMeant(pod: PodItem, injection: string | undefined): boolean {
  if (pod.inject === 'true') return injection !== 'disabled';
  return injection === 'required' || (injection === 'enabled' && pod.inject !== 'false');
}

/** What the webhook writes on each pod; its signature is checked before a lane is certified. */
export function isInjected(pod: PodItem): boolean {
  return pod.workloadKey !== undefined && pod.status !== undefined;
}

/** The pods of the namespace that are governed or should be, and those beside them. */
export function targetsOf(facts: NamespaceFacts, injection: string | undefined): readonly Target[] {
  const shared = governedServices(facts);
  return facts.pods
    .map((pod) => ({ pod, meant: isMeant(pod, injection) }))
    .filter(({ pod, meant }) => meant || isInjected(pod) || isBeside(pod, facts.policies, shared))
    .map(({ pod, meant }) => targetOf(facts, pod, meant));
}

/** Services that lead to a governed pod: whoever else they lead to is reached in its place. */
function governedServices({ pods, services }: NamespaceFacts): readonly ServiceItem[] {
  const governed = pods.filter(isInjected);
  return services.filter((service) => governed.some((pod) => leadsTo(service, pod)));
}

/** A policy that selects the whole namespace does not speak of each pod in it. */
function isBeside(
  pod: PodItem,
  policies: readonly PolicyItem[],
  shared: readonly ServiceItem[],
): boolean {
  return (
    shared.some((service) => leadsTo(service, pod)) ||
    policies.some(({ policy }) => policy !== undefined && governsByName(policy, pod.subject))
  );
}

function leadsTo({ selector }: ServiceItem, { subject }: PodItem): boolean {
  return selects({ matchLabels: selector }, subject.labels);
}

export function targetsOfPolicy(
  { policy }: PolicyItem,
  targets: readonly Target[],
): readonly Target[] {
  if (policy === undefined) return [];
  return targets.filter(({ pod }) => governsWorkload(policy, pod.subject));
}

function targetOf(facts: NamespaceFacts, pod: PodItem, meant: boolean): Target {
  const ack = facts.acks?.get(pod.uid);
  const injected = isInjected(pod);
  return {
    pod,
    ack,
    isMeant: meant,
    state: injected ? stateOf(facts.documents.get(pod.workloadKey ?? ''), ack) : 'uninjected',
    isOutdated: injected && (!isCurrent(pod, facts.sidecar) || ack?.outdated === true),
    isExposed: (ack?.exposed.length ?? 0) > 0,
  };
}

/** A patched base is another image of the same release. */
function isCurrent(pod: PodItem, { version, image }: Sidecar): boolean {
  return pod.injectedVersion === version && pod.sidecarImage === image;
}

function stateOf(document: EffectivePolicy | undefined, ack: Ack | undefined): PodState {
  if (document === undefined || ack?.digest !== document.digest) return 'pending';
  return ack.status === 'Active' ? 'programmed' : 'rejected';
}
