// What a receiver has seen, in the words of a test: spans, log records and points of metrics, each with its
// attributes and the resource that it came from.

import type { Plain } from './wire.ts';

export type Attributes = Readonly<Record<string, unknown>>;

export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: string;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  readonly isSampled: boolean;
  readonly isError: boolean;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly nanos: bigint }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly resource: Attributes;
}

export interface SeenLog {
  readonly nanos: bigint;
  readonly severity: string;
  readonly event: string;
  readonly body: unknown;
  readonly attributes: Attributes;
  readonly traceId: string;
  readonly spanId: string;
  readonly resource: Attributes;
}

export interface SeenPoint {
  readonly name: string;
  readonly unit: string;
  readonly attributes: Attributes;
  /** Of a counter or gauge; of a histogram, how many it has counted. */
  readonly value: number;
  readonly bounds: readonly number[];
  readonly resource: Attributes;
}

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const STATUS_ERROR = 2;
const SAMPLED = 0x01;

export function spansIn(request: Plain): readonly SeenSpan[] {
  return list(request, 'resourceSpans').flatMap((group) =>
    list(group, 'scopeSpans').flatMap((scope) =>
      list(scope, 'spans').map((span) => ({
        traceId: text(span.traceId),
        spanId: text(span.spanId),
        parentSpanId: span.parentSpanId === undefined ? undefined : text(span.parentSpanId),
        name: text(span.name),
        kind: KINDS[Number(span.kind)] ?? '',
        startNanos: BigInt(text(span.startTimeUnixNano)),
        endNanos: BigInt(text(span.endTimeUnixNano)),
        isSampled: (Number(span.flags ?? 0) & SAMPLED) !== 0,
        isError: (span.status as Plain | undefined)?.code === STATUS_ERROR,
        attributes: attributesOf(span),
        events: list(span, 'events').map(({ name, timeUnixNano }) => ({
          name: text(name),
          nanos: BigInt(text(timeUnixNano)),
        })),
        links: list(span, 'links').map(({ traceId, spanId }) => ({
          traceId: text(traceId),
          spanId: text(spanId),
        })),
        resource: resourceOf(group),
      })),
    ),
  );
}

export function logsIn(request: Plain): readonly SeenLog[] {
  return list(request, 'resourceLogs').flatMap((group) =>
    list(group, 'scopeLogs').flatMap((scope) =>
      list(scope, 'logRecords').map((log) => ({
        nanos: BigInt(text(log.timeUnixNano)),
        severity: text(log.severityText),
        event: text(log.eventName ?? ''),
        body: anyValue(log.body as Plain | undefined),
        attributes: attributesOf(log),
        traceId: text(log.traceId ?? ''),
        spanId: text(log.spanId ?? ''),
        resource: resourceOf(group),
      })),
    ),
  );
}

export function pointsIn(request: Plain): readonly SeenPoint[] {
  return list(request, 'resourceMetrics').flatMap((group) =>
    list(group, 'scopeMetrics').flatMap((scope) =>
      list(scope, 'metrics').flatMap((metric) =>
        dataPoints(metric).map((point) => ({
          name: text(metric.name),
          unit: text(metric.unit ?? ''),
          attributes: attributesOf(point),
          value: Number(point.count ?? point.asDouble ?? point.asInt ?? 0),
          bounds: (point.explicitBounds ?? []) as readonly number[],
          resource: resourceOf(group),
        })),
      ),
    ),
  );
}

function dataPoints(metric: Plain): readonly Plain[] {
  const data = metric.sum ?? metric.gauge ?? metric.histogram;
  return data === undefined ? [] : list(data as Plain, 'dataPoints');
}

function resourceOf({ resource }: Plain): Attributes {
  return resource === undefined ? {} : attributesOf(resource as Plain);
}

function attributesOf(holder: Plain): Attributes {
  const pairs = list(holder, 'attributes');
  return Object.fromEntries(pairs.map(({ key, value }) => [text(key), anyValue(value as Plain)]));
}

function anyValue(value: Plain | undefined): unknown {
  if (value === undefined) return undefined;
  if ('stringValue' in value || 'boolValue' in value) return value.stringValue ?? value.boolValue;
  if ('intValue' in value || 'doubleValue' in value) {
    return Number(value.intValue ?? value.doubleValue);
  }
  if ('arrayValue' in value) return list(value.arrayValue as Plain, 'values').map(anyValue);
  if ('kvlistValue' in value) {
    return attributesOf({ attributes: (value.kvlistValue as Plain).values });
  }
  return undefined;
}

function list(holder: Plain, key: string): readonly Plain[] {
  return (holder[key] ?? []) as readonly Plain[];
}

function text(value: unknown): string {
  return String(value ?? '');
}
