// Telemetry of one gateway: what becomes durable evidence, and what is logged, goes to OTLP receivers as
// spans, log records and metrics. Nothing waits for it, and nothing of it is evidence.

import { resourceFromAttributes } from '@opentelemetry/resources';
import type { DurableRecord } from '#core/evidence/ledger.ts';
import type { LogLine } from '#platform/process/log.ts';
import type { MetricFamily } from '#platform/process/metrics.ts';
import { type AuditItem, AuditTrail } from './audit-trail.ts';
import { BatchQueue, type QueueLimits, type QueueWatch } from './batch-queue.ts';
import { LOGS, TRACES } from './codecs.ts';
import { createExporter, type SignalCodec } from './exporter.ts';
import { isTold, logOfLine, logOfRecord } from './log-records.ts';
import { McpMetrics } from './mcp-metrics.ts';
import { type MetricPush, openMetricPush } from './metric-push.ts';
import type { Signal } from './otlp-env.ts';
import type { OtlpEndpoint, OtlpSettings } from './otlp-settings.ts';
import { Outage, type OutageOptions } from './outage.ts';
import { type Origin, placeOf, spanOf } from './spans.ts';

export interface TelemetryOptions {
  readonly settings: OtlpSettings;
  /** Names this boot: service.instance.id. */
  readonly lane: string;
  readonly version: string;
  readonly metrics: TelemetryMetrics;
  readonly outage: OutageOptions;
}

/** Where telemetry is counted, and the counts that it exports. */
export interface TelemetryMetrics {
  families(): Promise<readonly MetricFamily[]>;
  telemetryDelivered(signal: Signal, items: number): void;
  telemetryDropped(signal: Signal, reason: string, items: number): void;
}

/** Some seconds of full traffic; a batch is written in one turn of the event loop, about a millisecond. */
const LIMITS: QueueLimits = { items: 8192, sizeBytes: 8 * 1024 * 1024, batchItems: 64 };
/** What a log line weighs besides its text, and each of its fields. */
const LINE_BYTES = 128;

/** A sink of one signal: undefined when the signal is not exported. */
interface Sink<Item> {
  readonly queue: BatchQueue<Item>;
  readonly close: () => void;
}

type Logged = { readonly item: AuditItem } | { readonly line: LogLine };

interface Sinks {
  readonly spans: Sink<AuditItem> | undefined;
  readonly logs: Sink<Logged> | undefined;
  readonly push: MetricPush | undefined;
}

export class Telemetry {
  readonly #sinks: Sinks;
  readonly #outage: Outage;
  readonly #trail = new AuditTrail();
  readonly #mcp: McpMetrics | undefined;

  /** Reads the certificates; throws OtlpFault when it cannot. */
  static async open(options: TelemetryOptions): Promise<Telemetry> {
    const outage = new Outage(options.outage);
    const origin = originOf(options);
    const watch = (signal: Signal) => watchOf(signal, options.metrics, outage);
    const { endpoints } = options.settings;
    const sinks = {
      spans: await openSink(endpoints.get('traces'), TRACES, {
        convert: (items: readonly AuditItem[]) =>
          items.flatMap((item) => spanOf(item, origin) ?? []),
        watch: watch('traces'),
      }),
      logs: await openSink(endpoints.get('logs'), LOGS, {
        convert: (items: readonly Logged[]) => items.map((item) => logOf(item, origin)),
        watch: watch('logs'),
      }),
      push: await openPush(endpoints.get('metrics'), options, origin, watch('metrics')),
    };
    return new Telemetry(sinks, outage);
  }

  private constructor(sinks: Sinks, outage: Outage) {
    this.#sinks = sinks;
    this.#outage = outage;
    this.#mcp = sinks.push === undefined ? undefined : new McpMetrics(sinks.push.meter);
  }

  get isHealthy(): boolean {
    return this.#outage.isHealthy;
  }

  /** Takes records in the lane's order, and returns at once. */
  record(record: DurableRecord): void {
    const item = this.#trail.follow(record);
    const { spans, logs } = this.#sinks;
    if (placeOf(item) !== undefined) spans?.queue.offer(item, record.sizeBytes);
    if (isTold(record.draft)) logs?.queue.offer({ item }, record.sizeBytes);
    this.#mcp?.record(item);
  }

  line(line: LogLine): void {
    this.#sinks.logs?.queue.offer({ line }, sizeOf(line));
  }

  /** Sends what waits; resolves when it is gone, would not go, or the time is over. */
  async flush(deadline: AbortSignal): Promise<void> {
    const { spans, logs, push } = this.#sinks;
    const flushes = [spans?.queue.flush(), logs?.queue.flush(), push?.flush()];
    await Promise.race([Promise.allSettled(flushes), abortOf(deadline)]);
  }

  /**
   * Sends what waits, while there still is evidence to say that it could not be sent: what is left then is
   * dropped, and an outage ends.
   */
  async drain(deadline: AbortSignal): Promise<void> {
    await this.flush(deadline);
    const { spans, logs } = this.#sinks;
    for (const sink of [spans, logs]) {
      if ((sink?.queue.length ?? 0) > 0) sink?.queue.close();
    }
    this.#outage.close();
  }

  /** Drops what waits and cuts off what is under way; idempotent. */
  close(): void {
    const { spans, logs, push } = this.#sinks;
    for (const sink of [spans, logs]) {
      sink?.queue.close();
      sink?.close();
    }
    push?.close();
  }
}

function originOf({ settings, lane, version }: TelemetryOptions): Origin {
  const { resource, callerErrors } = settings;
  const attributes = { 'service.instance.id': lane, ...Object.fromEntries(resource) };
  return {
    resource: resourceFromAttributes(attributes),
    scope: { name: 'gatehouse', version },
    callerErrors,
  };
}

interface Sinking<Item, Readable> {
  readonly convert: (items: readonly Item[]) => Readable[];
  readonly watch: QueueWatch;
}

async function openSink<Item, Readable, Response>(
  endpoint: OtlpEndpoint | undefined,
  codec: SignalCodec<Readable[], Response>,
  { convert, watch }: Sinking<Item, Readable>,
): Promise<Sink<Item> | undefined> {
  if (endpoint === undefined) return undefined;
  const exporter = await createExporter(endpoint, codec);
  const queue = new BatchQueue<Item>({
    send: (items) => exporter.send(convert(items)),
    limits: LIMITS,
    delayMillis: endpoint.delayMillis,
    watch,
  });
  return { queue, close: exporter.close };
}

async function openPush(
  endpoint: OtlpEndpoint | undefined,
  { metrics, outage }: TelemetryOptions,
  origin: Origin,
  watch: QueueWatch,
): Promise<MetricPush | undefined> {
  if (endpoint === undefined) return undefined;
  const families = () => metrics.families();
  return openMetricPush({ endpoint, origin, families, watch, now: outage.now });
}

function watchOf(signal: Signal, metrics: TelemetryMetrics, outage: Outage): QueueWatch {
  return {
    delivered: (items) => {
      metrics.telemetryDelivered(signal, items);
      outage.delivered(signal);
    },
    failed: (cause) => outage.failed(signal, cause),
    dropped: (items, reason) => {
      metrics.telemetryDropped(signal, reason, items);
      outage.dropped(signal, items, reason);
    },
  };
}

function logOf(logged: Logged, origin: Origin) {
  return 'line' in logged ? logOfLine(logged.line, origin) : logOfRecord(logged.item, origin);
}

/** Near enough: values are cut at some hundred characters. */
function sizeOf({ msg, fields }: LogLine): number {
  const values = Object.values(fields).map((value) =>
    typeof value === 'string' ? value.length : 0,
  );
  return values.reduce((sum, chars) => sum + chars + LINE_BYTES, LINE_BYTES + msg.length);
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
