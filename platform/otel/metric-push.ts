// Collects metrics at an interval and sends what they stand at. Nothing queues: what one attempt could not
// bring, the next one brings, since all of them count from the start.

import type { Meter } from '@opentelemetry/api';
import {
  AggregationTemporality,
  MeterProvider,
  type MetricProducer,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { MetricFamily } from '#platform/process/metrics.ts';
import type { QueueWatch } from './batch-queue.ts';
import { METRICS } from './codecs.ts';
import { createExporter, type Exporter } from './exporter.ts';
import { epochMicros, hrTime } from './instants.ts';
import type { OtlpEndpoint } from './otlp-settings.ts';
import { bridged } from './prometheus-bridge.ts';
import type { Origin } from './spans.ts';

export interface MetricPushOptions {
  readonly endpoint: OtlpEndpoint;
  readonly origin: Origin;
  readonly families: () => Promise<readonly MetricFamily[]>;
  /** Told of one item for each collection. */
  readonly watch: QueueWatch;
  /** RFC 3339 in UTC with microseconds. */
  readonly now: () => string;
}

export interface MetricPush {
  readonly meter: Meter;
  /** Collects and sends now; resolves when that is over. */
  readonly flush: () => Promise<void>;
  /** Cuts off what is under way; idempotent. */
  readonly close: () => void;
}

/** Series of one instrument; more are counted together by the SDK. */
const MAX_SERIES = 1000;

export async function openMetricPush(options: MetricPushOptions): Promise<MetricPush> {
  const { endpoint, origin } = options;
  const { resource, scope } = origin;
  const exporter = await createExporter(endpoint, METRICS);
  const reader = new PeriodicExportingMetricReader({
    exporter: pushTo(exporter, options.watch),
    exportIntervalMillis: endpoint.delayMillis,
    // The deadline that counts is our transport's.
    exportTimeoutMillis: endpoint.delayMillis,
    metricProducers: [bridge(options)],
    cardinalityLimits: { default: MAX_SERIES },
  });
  const provider = new MeterProvider({ resource, readers: [reader] });
  let isClosed = false;
  return {
    meter: provider.getMeter(scope.name, scope.version),
    flush: async () => {
      if (!isClosed) await reader.forceFlush();
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      exporter.close();
      // It collects once more, for nobody.
      reader.shutdown().catch(() => {});
    },
  };
}

/** The SDK hears that all is well in any case: what went wrong is told to those who record it. */
function pushTo(exporter: Exporter<ResourceMetrics>, watch: QueueWatch): PushMetricExporter {
  let isSending = false;
  const push = async (metrics: ResourceMetrics): Promise<void> => {
    // A receiver slower than the interval gets the next collection instead.
    if (isSending) return;
    isSending = true;
    const delivery = await exporter.send(metrics);
    isSending = false;
    if (delivery.kind === 'failed') watch.failed(delivery.cause);
    else watch.delivered(1);
    if (delivery.kind === 'delivered' && delivery.rejected > 0) watch.dropped(1, 'rejected');
  };
  return {
    export: (metrics, done) => void push(metrics).finally(() => done({ code: 0 })),
    selectAggregationTemporality: () => AggregationTemporality.CUMULATIVE,
    forceFlush: async () => {},
    shutdown: async () => {},
  };
}

/** Adds what /metrics shows; its resource is ignored by the SDK. */
function bridge({ families, origin, now }: MetricPushOptions): MetricProducer {
  const startTime = hrTime(epochMicros(now()));
  return {
    async collect() {
      const span = { startTime, endTime: hrTime(epochMicros(now())) };
      const metrics = bridged(await families(), span);
      const { resource, scope } = origin;
      return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics }] }, errors: [] };
    },
  };
}
