// What /metrics shows, as OpenTelemetry metrics under the same names: counted once, read by both.

import type { HrTime } from '@opentelemetry/api';
import { ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import type { MetricFamily } from '#platform/process/metrics.ts';

/** `startTime`: since when counters count. */
export interface Span {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

export function bridged(families: readonly MetricFamily[], span: Span): MetricData[] {
  return families.flatMap((family) => metricOf(family, span) ?? []);
}

type Value = MetricFamily['values'][number];
type Labels = Readonly<Partial<Record<string, string | number>>>;

function metricOf(family: MetricFamily, span: Span): MetricData | undefined {
  const base = {
    descriptor: {
      name: family.name,
      description: family.help,
      unit: family.name.endsWith('_seconds') ? 's' : '',
      valueType: ValueType.DOUBLE,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  switch (String(family.type)) {
    case 'counter':
      return {
        ...base,
        dataPointType: DataPointType.SUM,
        isMonotonic: true,
        dataPoints: numbers(family.values, span),
      };
    case 'gauge':
      return {
        ...base,
        dataPointType: DataPointType.GAUGE,
        dataPoints: numbers(family.values, span),
      };
    case 'histogram':
      return {
        ...base,
        dataPointType: DataPointType.HISTOGRAM,
        dataPoints: histograms(family.values, span),
      };
    default:
      return undefined;
  }
}

function numbers(values: readonly Value[], span: Span): DataPoint<number>[] {
  return values.map(({ labels, value }) => ({ ...span, attributes: texts(labels), value }));
}

/** Prometheus has a value for each bucket and counts the smaller ones in; OpenTelemetry has one for all. */
function histograms(values: readonly Value[], span: Span): DataPoint<Histogram>[] {
  const series = Map.groupBy(values, ({ labels }) => JSON.stringify(texts(withoutBucket(labels))));
  return [...series.values()].map((parts) => ({
    ...span,
    attributes: texts(withoutBucket(parts[0]?.labels ?? {})),
    value: histogramOf(parts),
  }));
}

function histogramOf(parts: readonly Value[]): Histogram {
  const buckets = parts.filter(({ labels }) => 'le' in labels);
  const finite = buckets.filter(({ labels }) => labels.le !== '+Inf');
  const cumulative = [...finite.map(({ value }) => value), ending(parts, '_count')];
  return {
    buckets: {
      boundaries: finite.map(({ labels }) => Number(labels.le)),
      counts: cumulative.map((value, index) => value - (cumulative[index - 1] ?? 0)),
    },
    count: ending(parts, '_count'),
    sum: ending(parts, '_sum'),
  };
}

function ending(parts: readonly Value[], suffix: string): number {
  const named = parts.find(
    (part) => 'metricName' in part && String(part.metricName).endsWith(suffix),
  );
  return named?.value ?? 0;
}

function withoutBucket(labels: Labels): Labels {
  const { le: _bucket, ...others } = labels;
  return others;
}

function texts(labels: Labels): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
}
