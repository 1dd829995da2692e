// Records as spans: one for each exchange, from its beginning to its outcome, and one for each refusal and
// each step of an approval. Where a record lies in a trace is derived, never asked of its caller.

import {
  type Link,
  type SpanContext,
  SpanKind,
  type SpanStatus,
  SpanStatusCode,
} from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { RecordDraft, RecordedOutcome } from '#core/evidence/record.ts';
import { METHODS } from '#core/mcp/methods.ts';
import { OTHER_METHOD, SPAN_EVENT } from '#platform/process/semconv.ts';
import type { AuditItem } from './audit-trail.ts';
import { epochMicros, hrTime } from './instants.ts';
import { isError } from './outcome-error.ts';
import { attributesOf, isMcp, targetOf } from './record-attributes.ts';
import { idsOfHash, idsOfUuid, remoteContext, type SpanIds, sampledContext } from './span-ids.ts';

/** What all spans and log records of one process have in common. */
export interface Origin {
  readonly resource: Resource;
  readonly scope: { readonly name: string; readonly version: string };
  readonly callerErrors: ReadonlySet<number>;
}

/** The principal of what Gatehouse itself says to the server. */
const OWN_ISSUER = 'gatehouse';

/** Undefined for a record that is no span: an intent is told by its outcome, a life-cycle fact by its log record. */
export function spanOf(item: AuditItem, origin: Origin): ReadableSpan | undefined {
  const { draft } = item.record;
  const place = placeOf(item);
  if (place === undefined) return undefined;
  const endMicros = epochMicros(draft.ts);
  const durationMicros = draft.outcome?.durationMicros ?? 0;
  const startMicros = endMicros - durationMicros;
  return {
    name: nameOf(item),
    kind: kindOf(draft),
    spanContext: () => place.context,
    ...(place.parent === undefined ? {} : { parentSpanContext: place.parent }),
    startTime: hrTime(startMicros),
    endTime: hrTime(endMicros),
    duration: hrTime(durationMicros),
    ended: true,
    status: statusOf(draft.outcome, origin.callerErrors),
    attributes: attributesOf(item),
    links: linksOf(item),
    events: eventsOf(draft.outcome, startMicros),
    resource: origin.resource,
    instrumentationScope: origin.scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

export interface Place {
  readonly context: SpanContext;
  readonly parent?: SpanContext;
}

/** Where the record lies among spans; undefined when it is not one. */
export function placeOf(item: AuditItem): Place | undefined {
  const { draft } = item.record;
  switch (draft.type) {
    case 'outcome':
      return exchangePlace(item);
    case 'auth.failed':
    case 'message.refused':
      return inTrace(draft, idsOfHash(item.record.receipt.hash));
    default:
      return draft.approval === undefined ? undefined : approvalPlace(item);
  }
}

function exchangePlace({ record, askedFor }: AuditItem): Place {
  const { draft, receipt } = record;
  const own = ownIds(draft, receipt.hash);
  const asker = askedFor === undefined ? undefined : idsOfUuid(askedFor);
  if (asker === undefined) return inTrace(draft, own);
  const traceId = draft.trace ?? asker.traceId;
  return {
    context: sampledContext({ traceId, spanId: own.spanId }),
    parent: sampledContext({ traceId, spanId: asker.spanId }),
  };
}

function ownIds({ exchange }: RecordDraft, hash: string): SpanIds {
  return (exchange === undefined ? undefined : idsOfUuid(exchange)) ?? idsOfHash(hash);
}

/** Inside the caller's trace when there is one, whatever its sampled flag says; else a trace of its own. */
function inTrace({ trace, span }: RecordDraft, own: SpanIds): Place {
  if (trace === undefined || span === undefined) return { context: sampledContext(own) };
  return {
    context: sampledContext({ traceId: trace, spanId: own.spanId }),
    parent: remoteContext({ traceId: trace, spanId: span }),
  };
}

/** An approval outlives the call that asked for it: its id is a trace, and the request the root of that. */
function approvalPlace({ record }: AuditItem): Place {
  const { draft, receipt } = record;
  const own = idsOfHash(receipt.hash);
  const root = approvalRoot(draft.approval?.id);
  if (root === undefined) return { context: sampledContext(own) };
  if (draft.type === 'approval.requested') return { context: root };
  return {
    context: sampledContext({ traceId: root.traceId, spanId: own.spanId }),
    parent: root,
  };
}

function approvalRoot(id: string | undefined): SpanContext | undefined {
  const ids = id === undefined ? undefined : idsOfUuid(id);
  return ids === undefined ? undefined : sampledContext(ids);
}

/** A call leads to the approval it spent. */
function linksOf({ approval }: AuditItem): Link[] {
  const root = approvalRoot(approval);
  return root === undefined ? [] : [{ context: root }];
}

/**
 * `tools/call echo`. The name of a target that never reached the server may be anybody's invention, and is
 * left to the attributes.
 */
function nameOf({ record }: AuditItem): string {
  const { type, message, outcome } = record.draft;
  if (message === undefined || type !== 'outcome') return type;
  const isKnown = METHODS.has(message.method) || !isMcp(message);
  const method = isKnown ? message.method : OTHER_METHOD;
  const target = targetOf(message);
  const isNamed = target?.kind === 'tool' || target?.kind === 'prompt';
  return isNamed && outcome?.sentMicros !== undefined ? `${method} ${target.name}` : method;
}

function kindOf({ type, message, principal }: RecordDraft): SpanKind {
  if (type.startsWith('approval.')) return SpanKind.INTERNAL;
  const isAsking = message?.direction === 'toClient' || principal?.issuer === OWN_ISSUER;
  return isAsking ? SpanKind.CLIENT : SpanKind.SERVER;
}

function statusOf(
  outcome: RecordedOutcome | undefined,
  callerErrors: ReadonlySet<number>,
): SpanStatus {
  const failed = outcome !== undefined && isError(outcome, callerErrors);
  return { code: failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET };
}

function eventsOf(outcome: RecordedOutcome | undefined, startMicros: number) {
  const events = [
    { name: SPAN_EVENT.sent, micros: outcome?.sentMicros },
    { name: SPAN_EVENT.answered, micros: outcome?.answeredMicros },
  ];
  return events.flatMap(({ name, micros }) =>
    micros === undefined ? [] : [{ name, time: hrTime(startMicros + micros) }],
  );
}
