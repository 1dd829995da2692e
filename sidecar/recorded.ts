// What evidence says of a principal, a message and a decision: identity and shape, never a payload.

import type {
  RecordDraft,
  RecordedDecision,
  RecordedMessage,
  RecordedPrincipal,
  RecordedRedaction,
} from '#core/evidence/record.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { Redaction } from '#core/masking/tally.ts';
import type { Message, Target } from '#core/mcp/messages.ts';
import type { Revision } from '#core/mcp/revisions.ts';
import type { TraceContext } from '#core/mcp/trace-context.ts';
import type { Decision } from '#core/policy/decision.ts';
import type { Snapshot } from './activation.ts';
import { maskedMethod, maskedTarget } from './masked-target.ts';

/** Longest text of a peer's that a record repeats; a longer one is cut and marked. */
const MAX_RECORDED_CHARS = 256;

export function recordedPrincipal(principal: Principal): RecordedPrincipal {
  return {
    issuer: principal.issuer,
    subject: bounded(principal.subject),
    ...(principal.actors.length === 0 ? {} : { actors: principal.actors }),
    ...(principal.clientId === undefined ? {} : { client: bounded(principal.clientId) }),
  };
}

export function recordedTrace({ trace, span, isSampled }: TraceContext): Partial<RecordDraft> {
  return { trace, span, ...(isSampled ? {} : { unsampled: true as const }) };
}

export interface Sighting {
  readonly direction: 'toServer' | 'toClient';
  readonly revision?: Revision;
  readonly sizeBytes: number;
}

export function recordedMessage(
  message: Message,
  sighting: Sighting,
  snapshot: Pick<Snapshot, 'policy' | 'maskingHash'>,
): RecordedMessage {
  const named = 'target' in message ? message.target : undefined;
  const target = named && maskedTarget(named, sighting.direction, snapshot);
  return {
    method:
      message.kind === 'response'
        ? 'response'
        : bounded(maskedMethod(message.method, sighting.direction, snapshot)),
    ...(target === undefined ? {} : { target: recordedTarget(target) }),
    ...('id' in message && message.id !== undefined
      ? { requestId: bounded(String(message.id)) }
      : {}),
    ...sighting,
  };
}

/** `approvalId`: what the call was let through by, or waits for. */
export function recordedDecision(
  decision: Decision,
  snapshot: Snapshot,
  approvalId?: string,
): RecordedDecision {
  const observed = snapshot.policy.mode === 'Observe' && decision.effect !== 'Allow';
  return {
    effect: decision.effect,
    ...(decision.rule === undefined ? {} : { rule: decision.rule }),
    ...(decision.effect === 'Deny' ? { reason: decision.reason } : {}),
    policy: snapshot.digest,
    ...(observed ? { observed: true as const } : {}),
    ...(approvalId === undefined ? {} : { approval: approvalId }),
  };
}

/** Places of one record that are told one by one; more are summed up by what was found and done. */
const MAX_PLACES = 32;

export function recordedRedactions(redactions: readonly Redaction[]): readonly RecordedRedaction[] {
  const listed = redactions
    .slice(0, MAX_PLACES)
    .map((each) => ({ ...each, pointer: bounded(each.pointer) }));
  const sums = new Map<string, RecordedRedaction>();
  for (const { detector, action, count } of redactions.slice(MAX_PLACES)) {
    const key = `${detector} ${action}`;
    const sum = sums.get(key)?.count ?? 0;
    sums.set(key, { detector, pointer: '', action, count: sum + count });
  }
  return [...listed, ...sums.values()];
}

/** A URI's query, fragment and user part may carry secrets: a record keeps only that they were there. */
export function recordedTarget(target: Target): string {
  if (target.kind !== 'resource') return bounded(`${target.kind}:${target.name}`);
  const uri = target.name.replace(/^([^/?#]*:\/\/)[^/?#]*@/, '$1…@').replace(/[?#].*$/s, '?…');
  return bounded(`resource:${uri}`);
}

/** Whole Unicode, whatever a peer sent and wherever the cut falls: a record holds nothing else. */
export function bounded(text: string): string {
  const cut = text.length <= MAX_RECORDED_CHARS ? text : `${text.slice(0, MAX_RECORDED_CHARS)}…`;
  return cut.toWellFormed();
}
