// Ids of spans, derived from what evidence already names, so that a span and its record find each other
// and every replica and restart gives the same ones.

import { type SpanContext, TraceFlags } from '@opentelemetry/api';

export interface SpanIds {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
}

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/;
const SPAN_DIGITS = 16;
const TRACE_DIGITS = 32;

/**
 * The UUID is the trace; its second half, which holds the variant bits and is therefore never zero, the
 * span. Undefined when the text is no UUID.
 */
export function idsOfUuid(uuid: string): SpanIds | undefined {
  if (!UUID.test(uuid)) return undefined;
  const traceId = uuid.replaceAll('-', '');
  return { traceId, spanId: traceId.slice(-SPAN_DIGITS) };
}

/** `hash`: of a record, 64 hex digits. */
export function idsOfHash(hash: string): SpanIds {
  return { traceId: hash.slice(0, TRACE_DIGITS), spanId: hash.slice(-SPAN_DIGITS) };
}

/** Always sampled: what happened is not for its caller to leave out. */
export function sampledContext({ traceId, spanId }: SpanIds): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
}

/** Of somebody else's span, in which ours lies. */
export function remoteContext(ids: SpanIds): SpanContext {
  return { ...sampledContext(ids), isRemote: true };
}
