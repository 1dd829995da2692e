// How each signal is written: the OpenTelemetry SDK's own serializers, and the member of an answer in
// which a receiver says how many items it refused.

import {
  type IExportLogsServiceResponse,
  type IExportMetricsServiceResponse,
  type IExportTraceServiceResponse,
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  LogsExporterMetricsHelper,
  MetricsExporterMetricsHelper,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
  TraceExporterMetricsHelper,
} from '@opentelemetry/otlp-transformer';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { SignalCodec } from './exporter.ts';

export const TRACES: SignalCodec<ReadableSpan[], IExportTraceServiceResponse> = {
  json: JsonTraceSerializer,
  protobuf: ProtobufTraceSerializer,
  helper: TraceExporterMetricsHelper,
  rejectedIn: ({ partialSuccess }) => partialSuccess?.rejectedSpans,
};

export const LOGS: SignalCodec<ReadableLogRecord[], IExportLogsServiceResponse> = {
  json: JsonLogsSerializer,
  protobuf: ProtobufLogsSerializer,
  helper: LogsExporterMetricsHelper,
  rejectedIn: ({ partialSuccess }) => partialSuccess?.rejectedLogRecords,
};

export const METRICS: SignalCodec<ResourceMetrics, IExportMetricsServiceResponse> = {
  json: JsonMetricsSerializer,
  protobuf: ProtobufMetricsSerializer,
  helper: MetricsExporterMetricsHelper,
  rejectedIn: ({ partialSuccess }) => partialSuccess?.rejectedDataPoints,
};
