// What a record says, as attributes. Nothing but records is read, so what evidence may not hold cannot be
// here; texts that people wrote (the reasons of votes) stay in the evidence.

import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type {
  RecordDraft,
  RecordedApproval,
  RecordedMessage,
  RecordedOutcome,
} from '#core/evidence/record.ts';
import { ATTRIBUTE, DETAIL_PREFIX } from '#platform/process/semconv.ts';
import { type AuditItem, redactionsIn } from './audit-trail.ts';
import { errorType } from './outcome-error.ts';

/** Adds an attribute, unless there is nothing to say. */
type Say = (name: string, value: AttributeValue | undefined) => void;

/** Exchanges that are no MCP message, beside the answers of clients. */
const HTTP_METHODS: ReadonlySet<string> = new Set(['GET', 'DELETE']);

export function attributesOf(item: AuditItem): Attributes {
  const attributes: Attributes = {};
  // Added one by one: this runs for each call, and spreading a dozen parts costs more than all else.
  const say: Say = (name, value) => {
    if (value !== undefined) attributes[name] = value;
  };
  const { draft, receipt } = item.record;
  if (draft.message !== undefined) sayMessage(draft.message, say);
  sayCaller(draft, say);
  if (draft.outcome !== undefined) sayOutcome(draft.outcome, say);
  sayDecision(item, say);
  if (draft.approval !== undefined) sayApproval(draft.approval, say);
  sayDetail(draft, say);
  say(ATTRIBUTE.exchange, draft.exchange);
  say(ATTRIBUTE.recordType, draft.type);
  say(ATTRIBUTE.lane, receipt.lane);
  say(ATTRIBUTE.seq, receipt.seq);
  say(ATTRIBUTE.hash, receipt.hash);
  return attributes;
}

function sayMessage(message: RecordedMessage, say: Say): void {
  const { method, revision, requestId } = message;
  if (HTTP_METHODS.has(method)) say(ATTRIBUTE.httpMethod, method);
  else if (isMcp(message)) say(ATTRIBUTE.method, method);
  say(ATTRIBUTE.revision, revision);
  say(ATTRIBUTE.requestId, requestId);
  sayTarget(message, say);
}

/** A message with a method of MCP, rather than an answer or something that is HTTP alone. */
export function isMcp({ method }: RecordedMessage): boolean {
  return !HTTP_METHODS.has(method) && method !== 'response';
}

/** `tool:echo` is the tool `echo`. */
export function targetOf({ target }: RecordedMessage): { kind: string; name: string } | undefined {
  const at = target?.indexOf(':') ?? -1;
  if (target === undefined || at === -1) return undefined;
  return { kind: target.slice(0, at), name: target.slice(at + 1) };
}

function sayTarget(message: RecordedMessage, say: Say): void {
  const target = targetOf(message);
  if (target === undefined) return;
  switch (target.kind) {
    case 'tool':
      say(ATTRIBUTE.tool, target.name);
      if (message.method === 'tools/call') say(ATTRIBUTE.operation, 'execute_tool');
      break;
    case 'prompt':
      say(ATTRIBUTE.prompt, target.name);
      break;
    case 'resource':
      say(ATTRIBUTE.resourceUri, target.name);
      break;
    case 'task':
      say(ATTRIBUTE.task, target.name);
      break;
  }
}

/** The session is the one of the evidence: no id that opens anything. */
function sayCaller({ principal, source, session, unsampled }: RecordDraft, say: Say): void {
  say(ATTRIBUTE.user, principal?.subject);
  say(ATTRIBUTE.issuer, principal?.issuer);
  say(ATTRIBUTE.client, principal?.client);
  say(
    ATTRIBUTE.actors,
    principal?.actors?.map(({ subject }) => subject),
  );
  say(ATTRIBUTE.session, session);
  say(ATTRIBUTE.unsampled, unsampled);
  if (source === undefined) return;
  say(ATTRIBUTE.clientAddress, source.address);
  say(ATTRIBUTE.transport, 'tcp');
  say(ATTRIBUTE.protocol, 'http');
}

function sayOutcome(outcome: RecordedOutcome, say: Say): void {
  const { status, refusal, errorCode, httpStatus, hidden } = outcome;
  say(ATTRIBUTE.outcome, status);
  say(ATTRIBUTE.refusal, refusal);
  say(ATTRIBUTE.errorType, errorType(outcome));
  if (errorCode !== undefined) say(ATTRIBUTE.rpcCode, String(errorCode));
  say(ATTRIBUTE.httpStatus, httpStatus);
  say(ATTRIBUTE.hidden, hidden);
}

/** How much was hidden in the whole exchange; not where, and not what. */
function sayDecision({ record, decision: known, approval, redactions = 0 }: AuditItem, say: Say) {
  const { decision = known, masking } = record.draft;
  say(ATTRIBUTE.effect, decision?.effect);
  say(ATTRIBUTE.rule, decision?.rule);
  say(ATTRIBUTE.policy, decision?.policy);
  say(ATTRIBUTE.observed, decision?.observed);
  const hidden = redactions + redactionsIn(masking);
  if (hidden > 0) say(ATTRIBUTE.redactions, hidden);
  say(ATTRIBUTE.withheld, masking?.withheld);
  say(ATTRIBUTE.approval, approval);
}

function sayApproval(approval: RecordedApproval, say: Say): void {
  const { id, state, rule, target, approvers, approver, refusal } = approval;
  say(ATTRIBUTE.approval, id);
  say(ATTRIBUTE.approvalState, state);
  say(ATTRIBUTE.approvalRule, rule);
  say(ATTRIBUTE.approvalTarget, target);
  if (approvers !== undefined) say(ATTRIBUTE.approvers, [...approvers]);
  else if (approver !== undefined) say(ATTRIBUTE.approvers, [approver]);
  say(ATTRIBUTE.approvalRefusal, refusal);
}

function sayDetail({ detail }: RecordDraft, say: Say): void {
  if (detail === undefined) return;
  for (const [key, value] of Object.entries(detail)) {
    say(`${DETAIL_PREFIX}${key}`, typeof value === 'object' ? [...value] : value);
  }
}
