// What the operator measures, for Prometheus. No label has a value that somebody in the cluster could choose:
// which pod or policy it is, events and status say.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Target } from './reconcile/targets.ts';

const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];

/** Read at the moment of a scrape. */
const GAUGES = {
  queueDepth: ['gatehouse_operator_queue_depth', 'Namespaces that wait to be looked at.'],
  leads: ['gatehouse_operator_leads', '1 at the replica that leads.'],
  synced: ['gatehouse_operator_synced', '1 when the local copy of the cluster is whole.'],
  redis: ['gatehouse_operator_redis_connected', '1 while Redis answers.'],
  streams: ['gatehouse_operator_streams_open', 'Sidecars that follow their policy here.'],
  certificate: [
    'gatehouse_operator_certificate_seconds',
    'How long the certificate of this replica is good for.',
  ],
  watchRestarts: ['gatehouse_operator_watch_restarts', 'Watches that ended other than by time.'],
} as const;
export type GaugeName = keyof typeof GAUGES;

export class OperatorMetrics {
  readonly #registry = new Registry();
  readonly #pods: Gauge<'state'>;
  readonly #reconciles = this.#counter('reconciles', 'Namespaces looked at, by how it ended.', [
    'result',
  ]);
  readonly #reconcileSeconds = this.#histogram('reconcile', 'How long one took.', []);
  readonly #documents = this.#counter(
    'documents',
    'Policy documents that were signed anew, by why.',
    ['reason'],
  );
  readonly #lanes = this.#counter(
    'lanes',
    'Lanes of evidence that sidecars wanted certified, by how it ended.',
    ['result'],
  );
  readonly #acks = this.#counter('acks', 'What sidecars said of the policy they were given.', [
    'status',
  ]);
  readonly #reviews = this.#counter(
    'reviews',
    'What the API server asked at admission, by webhook and answer.',
    ['webhook', 'result'],
  );
  readonly #reviewSeconds = this.#histogram('review', 'How long an answer at admission took.', [
    'webhook',
  ]);

  constructor(version: string) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    new Gauge({
      name: 'gatehouse_build_info',
      help: 'Always 1; the label says which release this is.',
      labelNames: ['version'],
      registers,
    }).set({ version }, 1);
    this.#pods = new Gauge({
      name: 'gatehouse_operator_pods',
      help: 'Pods that are governed or should be, by state.',
      labelNames: ['state'],
      registers,
    });
    // An alert watches it rise: a series that is first seen at 1 has not risen.
    this.#lanes.inc({ result: 'refused' }, 0);
  }

  #counter<Label extends string>(name: string, help: string, labels: Label[]): Counter<Label> {
    const registers = [this.#registry];
    return new Counter({
      name: `gatehouse_operator_${name}_total`,
      help,
      labelNames: labels,
      registers,
    });
  }

  #histogram<Label extends string>(name: string, help: string, labels: Label[]): Histogram<Label> {
    const registers = [this.#registry];
    const full = `gatehouse_operator_${name}_seconds`;
    return new Histogram({ name: full, help, labelNames: labels, buckets: BUCKETS, registers });
  }

  gauge(name: GaugeName, read: () => number): void {
    const [metric, help] = GAUGES[name];
    new Gauge({
      name: metric,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }

  reconciled(result: 'done' | 'failed'): void {
    this.#reconciles.inc({ result });
  }

  timeReconcile(): () => void {
    return this.#reconcileSeconds.startTimer();
  }

  setTargets(targets: readonly Target[]): void {
    const count = (holds: (target: Target) => boolean) => targets.filter(holds).length;
    for (const state of ['uninjected', 'pending', 'programmed', 'rejected'] as const) {
      this.#pods.set(
        { state },
        count((target) => target.state === state),
      );
    }
    this.#pods.set(
      { state: 'outdated' },
      count(({ isOutdated }) => isOutdated),
    );
    this.#pods.set(
      { state: 'exposed' },
      count(({ isExposed }) => isExposed),
    );
  }

  documentSigned(reason: 'changed' | 'renewed'): void {
    this.#documents.inc({ reason });
  }

  laneJudged(result: 'certified' | 'refused'): void {
    this.#lanes.inc({ result });
  }

  ackTaken(status: 'Active' | 'Rejected'): void {
    this.#acks.inc({ status });
  }

  /** `path` is one that is served. */
  reviewed(path: string, isAllowed: boolean, millis: number): void {
    const webhook = path.slice(1);
    this.#reviews.inc({ webhook, result: isAllowed ? 'allowed' : 'refused' });
    this.#reviewSeconds.observe({ webhook }, millis / 1000);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
