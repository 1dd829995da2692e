// The leader's work: each namespace in turn, when something in it changed, when sidecars have yet to answer, and
// once a minute while it is there; and what belongs to the whole cluster.

import { WorkQueue } from './kube/work-queue.ts';
import type { OperatorMetrics } from './operator-metrics.ts';
import {
  ALL_NAMESPACES as CLUSTER,
  type Reconciling,
  reconcileNamespace,
} from './reconcile/reconcile.ts';
import { type ConsoleWritten, reconcileCluster } from './reconcile/reconcile-cluster.ts';
import type { Target } from './reconcile/targets.ts';

export interface ControllerOptions extends Omit<Reconciling, 'drifted'> {
  /** Of the operator. */
  readonly ownNamespace: string;
  readonly metrics: OperatorMetrics;
  readonly drifted: (namespace: string, targets: readonly Target[]) => void;
  /** So many policies are not in what the console reads. */
  readonly consoleLeftOut: (count: number) => void;
  readonly onFault: (key: string, error: unknown) => void;
}

/** Pods come in crowds; a policy must still be live within a second. */
const GATHER_MILLIS = 25;
const CLUSTER_MILLIS = 1000;

export class Controller {
  readonly #options: ControllerOptions;
  readonly #queue: WorkQueue;
  readonly #targets = new Map<string, readonly Target[]>();
  readonly #consoleWritten: ConsoleWritten = { digest: '', texts: new Map(), leftOut: 0 };

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({
      work: (key) => this.#work(key),
      onFault: (key, error) => {
        options.metrics.reconciled('failed');
        options.onFault(key, error);
      },
    });
    options.metrics.gauge('queueDepth', () => this.#queue.depth);
  }

  /** Everything, once. */
  start(): void {
    this.all();
  }

  all(): void {
    for (const { key } of this.#options.world.namespaces.items()) this.namespace(key);
    this.#queue.addAfter(CLUSTER, GATHER_MILLIS);
  }

  namespace(name: string): void {
    this.#queue.addAfter(name, GATHER_MILLIS);
    this.#queue.addAfter(CLUSTER, CLUSTER_MILLIS);
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #work(key: string): Promise<void> {
    const { metrics, world, client, ownNamespace, nowMillis, redis, found } = this.#options;
    const done = metrics.timeReconcile();
    if (key === CLUSTER) {
      await reconcileCluster({
        ...{ client, world, nowMillis, found, namespace: ownNamespace, targets: this.#targets },
        consoleWritten: this.#consoleWritten,
        leftOut: this.#options.consoleLeftOut,
        isHeard: () => redis.state !== undefined,
      });
    } else {
      const next = await reconcileNamespace(
        { ...this.#options, drifted: (name, targets) => this.#found(name, targets) },
        key,
      );
      if (next !== undefined) this.#queue.addAfter(key, next);
    }
    done();
    metrics.reconciled('done');
  }

  #found(namespace: string, targets: readonly Target[]): void {
    if (targets.length === 0) this.#targets.delete(namespace);
    else this.#targets.set(namespace, targets);
    this.#options.drifted(namespace, targets);
    const all = [...this.#targets.values()].flat();
    this.#options.metrics.setTargets(all);
  }
}
