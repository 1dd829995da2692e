// What Gatehouse measures, for Prometheus. Every label has a closed set of values: nothing that a
// peer or a token supplied becomes one, so the number of series is bounded and no name leaks.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type {
  DefinitionEffect,
  OutcomeStatus,
  RecordedMasking,
  RecordType,
} from '#core/evidence/record.ts';
import { METHODS } from '#core/mcp/methods.ts';
import { ALERT_EVENTS } from '#core/notifications/alert-events.ts';
import type { Decision } from '#core/policy/decision.ts';
import type { RefusalCode } from '#core/refusal.ts';
import type { NotificationEvent } from '#crds/policy.ts';
import { DETECTORS } from '#crds/spec/masking.ts';
import { METRIC, OTHER_METHOD, POLICY_DETECTOR } from './semconv.ts';

/** What is read at the moment of a scrape rather than counted. */
export interface Gauges {
  readonly evidenceHealthy: () => boolean;
  readonly streamsOpen: () => number;
  readonly callsWaiting: () => number;
  readonly tasksKept: () => number;
}

/** One family as prom-client keeps it, for whoever exports it in another form. */
export type MetricFamily = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number];

export interface ConcludedExchange {
  /** As the peer wrote it; unknown ones are counted together. */
  readonly method: string;
  readonly status: OutcomeStatus;
  readonly durationMicros: number;
}

const MICROS_PER_SECOND = 1_000_000;
/** From a local hop to a slow tool; the sub-millisecond ones show what Gatehouse itself adds. */
const EXCHANGE_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300];
/** From an NVMe fsync to a struggling network disk. */
const COMMIT_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1];

/** Exchanges without a method of MCP, as records name them: streams, ends of sessions, answers. */
const HTTP_EXCHANGES: ReadonlySet<string> = new Set(['GET', 'DELETE', 'response']);

const BUILT_IN: ReadonlySet<string> = new Set(DETECTORS);
const OWN: ReadonlySet<string> = new Set(Object.values(METRIC));

export class Metrics {
  readonly #registry = new Registry();
  readonly #decisions: Counter<'effect'>;
  readonly #exchanges: Counter<'method' | 'status'>;
  readonly #exchangeSeconds: Histogram<'method'>;
  readonly #refusals: Counter<'code'>;
  readonly #redactions: Counter<'detector' | 'action'>;
  readonly #records = this.#counter(
    METRIC.evidenceRecords,
    'Evidence records made durable, by type.',
    'type',
  );
  readonly #commitSeconds: Histogram;
  readonly #policyLoads: Counter<'result'>;
  readonly #definitionChanges: Counter<'effect'>;
  readonly #telemetryDelivered = this.#counter(
    METRIC.telemetryDelivered,
    'Spans, log records and collections of metrics that an OTLP receiver took.',
    'signal',
  );
  readonly #telemetryDropped = this.#counter(
    METRIC.telemetryDropped,
    'Spans, log records and collections of metrics that no OTLP receiver got, by reason.',
    'signal',
    'reason',
  );

  readonly #alerts = this.#counter(METRIC.alerts, 'Alerts raised, by event.', 'event');
  readonly #notifications = this.#counter(
    METRIC.notifications,
    'Notifications delivered, and those given up, by type of receiver.',
    'type',
    'result',
  );

  constructor(version: string) {
    collectDefaultMetrics({ register: this.#registry });
    this.#constant(METRIC.buildInfo, 'Always 1; the label says which release this is.', {
      version,
    });
    this.#decisions = this.#counter(METRIC.decisions, 'Decisions of policy, by effect.', 'effect');
    this.#exchanges = this.#counter(
      METRIC.exchanges,
      'Exchanges concluded, by MCP method and outcome.',
      'method',
      'status',
    );
    this.#exchangeSeconds = this.#histogram(
      METRIC.exchangeSeconds,
      'Seconds from the intent to the outcome, the upstream included.',
      { labelNames: ['method'], buckets: EXCHANGE_BUCKETS },
    );
    this.#refusals = this.#counter(METRIC.refusals, 'Messages refused, by refusal code.', 'code');
    this.#redactions = this.#counter(
      METRIC.redactions,
      'Values hidden by masking, and values that kept a message back, by detector and action.',
      'detector',
      'action',
    );
    this.#commitSeconds = this.#histogram(
      METRIC.evidenceCommitSeconds,
      'Seconds until a record was durable, its wait for the group commit included.',
      { labelNames: [], buckets: COMMIT_BUCKETS },
    );
    this.#policyLoads = this.#counter(
      METRIC.policyLoads,
      'Policy files read: loaded, or rejected with the last good policy kept.',
      'result',
    );
    this.#definitionChanges = this.#counter(
      METRIC.definitionChanges,
      'Tool definitions quarantined, observed to differ, or released.',
      'effect',
    );
    this.#beginAtNothing();
  }

  /** Rules watch these rise. A series that is first seen at 1 has not risen, so the first of each would be missed. */
  #beginAtNothing(): void {
    for (const result of ['loaded', 'rejected']) this.#policyLoads.inc({ result }, 0);
    for (const event of ALERT_EVENTS) this.#alerts.inc({ event }, 0);
    for (const type of ['Webhook', 'Slack']) {
      for (const result of ['delivered', 'dead']) this.#notifications.inc({ type, result }, 0);
    }
  }

  concluded(exchange: ConcludedExchange): void {
    const isKnown = METHODS.has(exchange.method) || HTTP_EXCHANGES.has(exchange.method);
    const method = isKnown ? exchange.method : OTHER_METHOD;
    this.#exchanges.inc({ method, status: exchange.status });
    this.#exchangeSeconds.observe({ method }, exchange.durationMicros / MICROS_PER_SECOND);
  }

  decided(effect: Decision['effect']): void {
    this.#decisions.inc({ effect });
  }

  refused(code: RefusalCode, count = 1): void {
    this.#refusals.inc({ code }, count);
  }

  masked({ redactions }: RecordedMasking): void {
    for (const { detector, action, count } of redactions) {
      const label = BUILT_IN.has(detector) ? detector : POLICY_DETECTOR;
      this.#redactions.inc({ detector: label, action }, count);
    }
  }

  recorded(type: RecordType): void {
    this.#records.inc({ type });
  }

  committed(durationMicros: number): void {
    this.#commitSeconds.observe(durationMicros / MICROS_PER_SECOND);
  }

  definitionChanged(effect: DefinitionEffect): void {
    this.#definitionChanges.inc({ effect });
  }

  policyLoaded(result: 'loaded' | 'rejected'): void {
    this.#policyLoads.inc({ result });
  }

  alerted(event: NotificationEvent): void {
    this.#alerts.inc({ event });
  }

  notified(type: 'Webhook' | 'Slack', result: 'delivered' | 'dead'): void {
    this.#notifications.inc({ type, result });
  }

  telemetryDelivered(signal: string, items: number): void {
    this.#telemetryDelivered.inc({ signal }, items);
  }

  telemetryDropped(signal: string, reason: string, items: number): void {
    this.#telemetryDropped.inc({ signal, reason }, items);
  }

  /** Registers what is read at each scrape; called once, when the gateway is put together. */
  observe(gauges: Gauges): void {
    this.#readGauge(METRIC.evidenceHealthy, '1 while evidence can be written.', () =>
      gauges.evidenceHealthy() ? 1 : 0,
    );
    this.#readGauge(
      METRIC.streamsOpen,
      'GET streams and subscriptions open now.',
      gauges.streamsOpen,
    );
    this.#readGauge(
      METRIC.callsWaiting,
      'Calls held now until somebody approves them.',
      gauges.callsWaiting,
    );
    this.#readGauge(
      METRIC.tasksKept,
      'Calls kept as tasks: that wait for approval, are under way, or can still be read.',
      gauges.tasksKept,
    );
  }

  /** The same for telemetry, where there is any. */
  observeTelemetry(isHealthy: () => boolean): void {
    this.#readGauge(
      METRIC.telemetryHealthy,
      '1 while telemetry arrives at its OTLP receivers.',
      () => (isHealthy() ? 1 : 0),
    );
  }

  /** The same for a sidecar in a pod. */
  observePod({ exposedListeners }: { readonly exposedListeners: () => number }): void {
    this.#readGauge(
      METRIC.exposedListeners,
      'Sockets of the pod that take connections past the gateway.',
      exposedListeners,
    );
  }

  /** What Gatehouse itself measures, at this moment; not what Node.js says of the process. */
  async families(): Promise<readonly MetricFamily[]> {
    const all = await this.#registry.getMetricsAsJSON();
    return all.filter(({ name }) => OWN.has(name));
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The exposition text of one scrape. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #counter<Label extends string>(
    name: string,
    help: string,
    ...labelNames: readonly Label[]
  ): Counter<Label> {
    return new Counter({ registers: [this.#registry], name, help, labelNames });
  }

  #histogram<Label extends string>(
    name: string,
    help: string,
    shape: { readonly labelNames: readonly Label[]; readonly buckets: readonly number[] },
  ): Histogram<Label> {
    const { labelNames, buckets } = shape;
    return new Histogram({
      registers: [this.#registry],
      name,
      help,
      labelNames,
      buckets: [...buckets],
    });
  }

  #constant(name: string, help: string, labels: Readonly<Record<string, string>>): void {
    const labelNames = Object.keys(labels);
    new Gauge({ registers: [this.#registry], name, help, labelNames }).set(labels, 1);
  }

  #readGauge(name: string, help: string, read: () => number): void {
    new Gauge({
      registers: [this.#registry],
      name,
      help,
      collect() {
        this.set(read());
      },
    });
  }
}
