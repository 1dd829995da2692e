// Records and log lines as OTLP log records. An exchange is told once, by its outcome; what a stream says
// and heartbeats stay in the evidence.

import type { AnyValue, LogAttributes } from '@opentelemetry/api-logs';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { RecordDraft, RecordType } from '#core/evidence/record.ts';
import type { LogLevel, LogLine } from '#platform/process/log.ts';
import type { AuditItem } from './audit-trail.ts';
import { epochMicros, hrTime } from './instants.ts';
import { attributesOf } from './record-attributes.ts';
import { type Origin, placeOf } from './spans.ts';

/** Numbers of the OpenTelemetry log data model. */
const SEVERITY: Readonly<Record<LogLevel, number>> = { debug: 5, info: 9, warn: 13, error: 17 };

const UNTOLD: ReadonlySet<RecordType> = new Set([
  'intent',
  'stream.message',
  'redelivery',
  'lane.heartbeat',
]);

/** Whether a record has a log record of its own. */
export function isTold({ type }: RecordDraft): boolean {
  return !UNTOLD.has(type);
}

/** The event's name is the type of the record behind our own prefix. */
export function logOfRecord(item: AuditItem, origin: Origin): ReadableLogRecord {
  const { draft } = item.record;
  const place = placeOf(item);
  return {
    ...headOf(draft.ts, levelOf(draft), origin),
    eventName: `gatehouse.${draft.type}`,
    body: draft.type,
    attributes: attributesOf(item) as LogAttributes,
    ...(place === undefined ? {} : { spanContext: place.context }),
  };
}

export function logOfLine({ ts, level, msg, fields }: LogLine, origin: Origin): ReadableLogRecord {
  const attributes = Object.entries(fields).filter(([, value]) => value !== undefined);
  return {
    ...headOf(ts, level, origin),
    body: msg,
    // A line holds what JSON can hold.
    attributes: Object.fromEntries(attributes) as Record<string, AnyValue>,
  };
}

function headOf(ts: string, level: LogLevel, { resource, scope }: Origin) {
  const time = hrTime(epochMicros(ts));
  return {
    hrTime: time,
    hrTimeObserved: time,
    severityNumber: SEVERITY[level],
    severityText: level.toUpperCase(),
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
  };
}

function levelOf({ type, outcome, decision }: RecordDraft): LogLevel {
  if (type === 'degraded.enter') return 'error';
  const isRefused = outcome?.refusal !== undefined || outcome?.status === 'refused';
  const isAlarming = type === 'policy.rejected' || type === 'catalog.changed';
  return isRefused || isAlarming || decision?.effect === 'Deny' ? 'warn' : 'info';
}
