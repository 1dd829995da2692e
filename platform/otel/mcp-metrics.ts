// The histograms of the MCP conventions, counted from records. Labels have values that policy, the server
// or the protocol bound: what a caller only invented is never one.

import type { Attributes, Histogram, Meter } from '@opentelemetry/api';
import type { RecordedApproval, RecordedOutcome } from '#core/evidence/record.ts';
import { METHODS } from '#core/mcp/methods.ts';
import { ATTRIBUTE, MCP_METRIC, OTHER_METHOD } from '#platform/process/semconv.ts';
import type { AuditItem } from './audit-trail.ts';
import { epochMicros, inSeconds } from './instants.ts';
import { errorType } from './outcome-error.ts';
import { isMcp, targetOf } from './record-attributes.ts';

/** The boundaries that the MCP conventions give, in seconds. */
const OPERATION_BUCKETS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
/** People are slower: from a second to a day. */
const WAIT_BUCKETS = [1, 5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 14_400, 86_400];

/** Sessions and approvals whose beginning is remembered. */
const MAX_REMEMBERED = 10_000;

export class McpMetrics {
  readonly #serverOperation: Histogram;
  readonly #clientOperation: Histogram;
  readonly #session: Histogram;
  readonly #approvalWait: Histogram;
  readonly #sessions = new Beginnings();
  readonly #approvals = new Beginnings();

  constructor(meter: Meter) {
    const histogram = (name: string, description: string, boundaries = OPERATION_BUCKETS) =>
      meter.createHistogram(name, {
        description,
        unit: 's',
        advice: { explicitBucketBoundaries: boundaries },
      });
    this.#serverOperation = histogram(
      MCP_METRIC.serverOperation,
      'From the arrival of a request to its answer; without the wait for an approval.',
    );
    this.#clientOperation = histogram(
      MCP_METRIC.clientOperation,
      "From a request's way to the server to the server's answer.",
    );
    this.#session = histogram(
      MCP_METRIC.serverSession,
      'From the handshake of a session to its end by the client.',
    );
    this.#approvalWait = histogram(
      MCP_METRIC.approvalWait,
      'From the request for an approval to what became of it.',
      WAIT_BUCKETS,
    );
  }

  record(item: AuditItem): void {
    const { draft } = item.record;
    const { type, outcome, approval, ts } = draft;
    if (approval !== undefined) this.#recordApproval(type, approval, ts);
    if (type !== 'outcome' || outcome === undefined || draft.message === undefined) return;
    this.#recordSession(item, outcome);
    if (draft.message.direction !== 'toServer' || !isMcp(draft.message)) return;
    if (METHODS.get(draft.message.method)?.kind === 'notification') return;
    this.#recordOperation(item, outcome);
  }

  #recordOperation(item: AuditItem, outcome: RecordedOutcome): void {
    const { sentMicros, answeredMicros, durationMicros = 0 } = outcome;
    const attributes = operationAttributes(item, outcome);
    if (sentMicros !== undefined && answeredMicros !== undefined) {
      this.#clientOperation.record(inSeconds(answeredMicros - sentMicros), attributes);
    }
    // The principal of our own questions: no client asked them.
    if (item.askedFor !== undefined) return;
    const isHeld = item.decision?.effect === 'RequireApproval' && item.decision.observed !== true;
    if (isHeld && sentMicros === undefined) return;
    const waitedMicros = isHeld ? (sentMicros ?? 0) : 0;
    this.#serverOperation.record(inSeconds(durationMicros - waitedMicros), attributes);
  }

  /** Sessions that only lapse have no end that anybody saw. */
  #recordSession({ record }: AuditItem, { status, httpStatus, durationMicros }: RecordedOutcome) {
    const { session, message, ts } = record.draft;
    if (session === undefined || message === undefined) return;
    const micros = epochMicros(ts);
    if (message.method === 'initialize' && status === 'ok') {
      this.#sessions.note(session, micros - (durationMicros ?? 0));
    } else if (message.method === 'DELETE' && httpStatus !== undefined && httpStatus < 300) {
      const began = this.#sessions.take(session);
      if (began === undefined) return;
      this.#session.record(
        inSeconds(micros - began),
        present(ATTRIBUTE.revision, message.revision),
      );
    }
  }

  #recordApproval(type: string, { id, state }: RecordedApproval, ts: string): void {
    const micros = epochMicros(ts);
    if (type === 'approval.requested') {
      this.#approvals.note(id, micros);
    } else if (ENDS_OF_WAIT.has(type)) {
      const began = this.#approvals.take(id);
      if (began === undefined) return;
      this.#approvalWait.record(inSeconds(micros - began), { [ATTRIBUTE.approvalState]: state });
    }
  }
}

const ENDS_OF_WAIT: ReadonlySet<string> = new Set([
  'approval.granted',
  'approval.denied',
  'approval.expired',
  'approval.cancelled',
]);

/** A tool that was called at the server is one that the server has; any other name may be invented. */
function operationAttributes({ record }: AuditItem, outcome: RecordedOutcome): Attributes {
  const { message } = record.draft;
  if (message === undefined) return {};
  const isReached = outcome.answeredMicros !== undefined;
  const target = isReached ? targetOf(message) : undefined;
  return {
    [ATTRIBUTE.method]: METHODS.has(message.method) ? message.method : OTHER_METHOD,
    ...present(ATTRIBUTE.revision, message.revision),
    ...present(ATTRIBUTE.errorType, errorType(outcome)),
    ...present(ATTRIBUTE.tool, target?.kind === 'tool' ? target.name : undefined),
    ...present(ATTRIBUTE.prompt, target?.kind === 'prompt' ? target.name : undefined),
  };
}

function present(name: string, value: string | undefined): Attributes {
  return value === undefined ? {} : { [name]: value };
}

/** When what is not over began; of the oldest beyond the limit nothing is known. */
class Beginnings {
  readonly #micros = new Map<string, number>();

  note(id: string, micros: number): void {
    this.#micros.set(id, micros);
    if (this.#micros.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#micros.keys();
    if (oldest !== undefined) this.#micros.delete(oldest);
  }

  take(id: string): number | undefined {
    const micros = this.#micros.get(id);
    this.#micros.delete(id);
    return micros;
  }
}
