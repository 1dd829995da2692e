// Evicts pods that should have a sidecar and have none, where that was asked for: few at a time, through the
// Eviction API, so that disruption budgets hold, and only pods that something makes anew.

import type { KubeClient } from '../kube/client.ts';
import type { EventRecorder } from '../kube/events.ts';
import { KubeFault } from '../kube/kube-fault.ts';
import { PATHS } from '../kube/paths.ts';
import type { Target } from '../reconcile/targets.ts';

export interface EvictorOptions {
  readonly client: KubeClient;
  readonly events: Pick<EventRecorder, 'say'>;
  /** 0: none is evicted. */
  readonly perMinute: number;
  readonly monotonicMillis: () => number;
  /** Whether a new pod would get its sidecar. */
  readonly isInjecting: () => boolean;
  readonly onFault: (error: unknown) => void;
}

const MINUTE = 60_000;

export class Evictor {
  readonly #options: EvictorOptions;
  #minute = { startedAt: Number.NEGATIVE_INFINITY, count: 0 };

  constructor(options: EvictorOptions) {
    this.#options = options;
  }

  async look(targets: readonly Target[]): Promise<void> {
    if (this.#options.perMinute === 0 || !this.#options.isInjecting()) return;
    for (const { pod, state, isMeant } of targets) {
      // One that need not have a sidecar would come back without one.
      if (state !== 'uninjected' || !isMeant || pod.owner === undefined) continue;
      if (!this.#mayEvict()) return;
      await this.#evict(pod);
    }
  }

  #mayEvict(): boolean {
    const { monotonicMillis, perMinute } = this.#options;
    const now = monotonicMillis();
    if (now - this.#minute.startedAt >= MINUTE) this.#minute = { startedAt: now, count: 0 };
    this.#minute.count += 1;
    return this.#minute.count <= perMinute;
  }

  async #evict({ namespace, name, uid }: Target['pod']): Promise<void> {
    const { client, events, onFault } = this.#options;
    try {
      await client.create(PATHS.eviction(namespace, name), {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name, namespace },
        deleteOptions: { preconditions: { uid } },
      });
      const on = { apiVersion: 'v1', kind: 'Pod', namespace, name, uid };
      events.say('Warning', on, 'Evicted', `Pod ${name} had no sidecar and was evicted.`);
    } catch (error) {
      // 429: its disruption budget does not allow it now; 404 and 409: it is gone or another.
      if (!(error instanceof KubeFault && [404, 409, 429].includes(error.status))) onFault(error);
    }
  }
}
