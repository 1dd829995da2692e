// What is not as it should be about pods, told when it begins and when it is over: as an event on the pod and
// on what made it, and as a record. What was told already is not told again.

import type { OperatorRecord } from '../evidence/operator-log.ts';
import type { EventRecorder, ObjectRef } from '../kube/events.ts';
import type { Target } from '../reconcile/targets.ts';

export type DriftKind = 'Uninjected' | 'Exposed' | 'Outdated';

export interface DriftOptions {
  readonly events: Pick<EventRecorder, 'say'>;
  readonly record: (record: OperatorRecord) => void;
}

interface Drift {
  readonly kind: DriftKind;
  readonly target: Target;
}

const REASONS: Readonly<Record<DriftKind, string>> = {
  Uninjected: 'UninjectedPod',
  Exposed: 'BypassDetected',
  Outdated: 'OutdatedSidecar',
};

export class DriftWatch {
  readonly #options: DriftOptions;
  /** By namespace, then by pod and kind. */
  readonly #known = new Map<string, ReadonlyMap<string, Drift>>();

  constructor(options: DriftOptions) {
    this.#options = options;
  }

  look(namespace: string, targets: readonly Target[]): void {
    const before = this.#known.get(namespace) ?? new Map<string, Drift>();
    const now = new Map(targets.flatMap(driftsOf).map((drift) => [nameOf(drift), drift]));
    for (const [name, drift] of now) if (!before.has(name)) this.#begin(drift);
    for (const [name, drift] of before) {
      if (!now.has(name)) this.#options.record({ type: 'drift.cleared', detail: detailOf(drift) });
    }
    if (now.size === 0) this.#known.delete(namespace);
    else this.#known.set(namespace, now);
  }

  #begin(drift: Drift): void {
    const { events, record } = this.#options;
    record({ type: 'drift.found', detail: detailOf(drift) });
    const type = drift.kind === 'Outdated' ? 'Normal' : 'Warning';
    for (const on of objectsOf(drift.target)) {
      events.say(type, on, REASONS[drift.kind], sentenceOf(drift));
    }
  }
}

function driftsOf(target: Target): readonly Drift[] {
  const { state, isExposed, isOutdated } = target;
  return [
    ...(state === 'uninjected' ? [{ kind: 'Uninjected', target } as const] : []),
    ...(isExposed ? [{ kind: 'Exposed', target } as const] : []),
    ...(isOutdated ? [{ kind: 'Outdated', target } as const] : []),
  ];
}

function nameOf({ kind, target }: Drift): string {
  return `${target.pod.uid}/${kind}`;
}

function detailOf({ kind, target: { pod, ack } }: Drift): NonNullable<OperatorRecord['detail']> {
  const { workload } = pod.subject;
  return {
    ...{ kind, namespace: pod.namespace, pod: pod.name, podUid: pod.uid },
    workload: `${workload.kind}/${workload.name}`,
    ...(kind === 'Exposed' ? { listeners: ack?.exposed ?? [] } : {}),
    ...(kind === 'Outdated'
      ? { version: pod.injectedVersion ?? '', image: pod.sidecarImage ?? '' }
      : {}),
  };
}

function sentenceOf({ kind, target: { pod, ack, isMeant } }: Drift): string {
  switch (kind) {
    case 'Uninjected':
      if (!isMeant) {
        return `Pod ${pod.name} has no sidecar, and clients of governed pods can reach it: opt its workload in, or take it out of the Service.`;
      }
      return `Pod ${pod.name} should have a sidecar and has none: it was made before that was asked for, or past the webhook. Restart its workload.`;
    case 'Exposed':
      return `Pod ${pod.name} listens at ${ack?.exposed.join(', ')}, past the sidecar: bind it to 127.0.0.1, or use capture mode Redirect.`;
    case 'Outdated':
      if (ack?.outdated === true) {
        return `Pod ${pod.name} was made before a policy named a Secret that it needs, and keeps the policy before: restart its workload.`;
      }
      return `Pod ${pod.name} has an older sidecar, ${pod.sidecarImage} of release ${pod.injectedVersion}: restart its workload when it suits.`;
  }
}

function objectsOf({ pod }: Target): readonly ObjectRef[] {
  const { namespace, name, uid, owner } = pod;
  return [
    { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
    ...(owner === undefined ? [] : [{ ...owner, namespace }]),
  ];
}
