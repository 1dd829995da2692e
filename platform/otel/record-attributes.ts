// What a record says, as attributes. Nothing but records is read, so what evidence may not hold cannot be
// here; texts that people wrote (the reasons of votes) stay in the evidence.

import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { RecordDraft, RecordedApproval, RecordedMessage } from '#core/evidence/record.ts';
import { ATTRIBUTE, DETAIL_PREFIX } from '#platform/process/semconv.ts';
import { type AuditItem, redactionsIn } from './audit-trail.ts';
import { errorType } from './outcome-error.ts';

type Maybe = { readonly [name: string]: AttributeValue | undefined };

/** Exchanges that are no MCP message: HTTP methods, and the answers of clients. */
const HTTP_METHODS: ReadonlySet<string> = new Set(['GET', 'DELETE']);

export function attributesOf(item: AuditItem): Attributes {
  const { draft, receipt } = item.record;
  const { lane, seq, hash } = receipt;
  const decision = draft.decision ?? item.decision;
  return present({
    ...messageAttributes(draft.message),
    ...callerAttributes(draft),
    ...outcomeAttributes(draft),
    [ATTRIBUTE.effect]: decision?.effect,
    [ATTRIBUTE.rule]: decision?.rule,
    [ATTRIBUTE.policy]: decision?.policy,
    [ATTRIBUTE.observed]: decision?.observed,
    ...maskingAttributes(item),
    [ATTRIBUTE.approval]: item.approval,
    ...approvalAttributes(draft.approval),
    ...detailAttributes(draft),
    [ATTRIBUTE.exchange]: draft.exchange,
    [ATTRIBUTE.recordType]: draft.type,
    [ATTRIBUTE.lane]: lane,
    [ATTRIBUTE.seq]: seq,
    [ATTRIBUTE.hash]: hash,
  });
}

function present(attributes: Maybe): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

function messageAttributes(message: RecordedMessage | undefined): Maybe {
  if (message === undefined) return {};
  const { method, revision, requestId } = message;
  return {
    ...(HTTP_METHODS.has(method) ? { [ATTRIBUTE.httpMethod]: method } : {}),
    ...(isMcp(message) ? { [ATTRIBUTE.method]: method } : {}),
    [ATTRIBUTE.revision]: revision,
    [ATTRIBUTE.requestId]: requestId,
    ...targetAttributes(message),
  };
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

function targetAttributes(message: RecordedMessage): Maybe {
  const target = targetOf(message);
  switch (target?.kind) {
    case 'tool':
      return {
        [ATTRIBUTE.tool]: target.name,
        ...(message.method === 'tools/call' ? { [ATTRIBUTE.operation]: 'execute_tool' } : {}),
      };
    case 'prompt':
      return { [ATTRIBUTE.prompt]: target.name };
    case 'resource':
      return { [ATTRIBUTE.resourceUri]: target.name };
    case 'task':
      return { [ATTRIBUTE.task]: target.name };
    default:
      return {};
  }
}

/** The session is the one of the evidence: no id that opens anything. */
function callerAttributes({ principal, source, session, unsampled }: RecordDraft): Maybe {
  const isHttp = source !== undefined;
  return {
    [ATTRIBUTE.user]: principal?.subject,
    [ATTRIBUTE.issuer]: principal?.issuer,
    [ATTRIBUTE.client]: principal?.client,
    [ATTRIBUTE.actors]: principal?.actors?.map(({ subject }) => subject),
    [ATTRIBUTE.session]: session,
    [ATTRIBUTE.unsampled]: unsampled,
    [ATTRIBUTE.clientAddress]: source?.address,
    [ATTRIBUTE.transport]: isHttp ? 'tcp' : undefined,
    [ATTRIBUTE.protocol]: isHttp ? 'http' : undefined,
  };
}

function outcomeAttributes({ outcome }: RecordDraft): Maybe {
  if (outcome === undefined) return {};
  const { status, refusal, errorCode, httpStatus, hidden } = outcome;
  return {
    [ATTRIBUTE.outcome]: status,
    [ATTRIBUTE.refusal]: refusal,
    [ATTRIBUTE.errorType]: errorType(outcome),
    [ATTRIBUTE.rpcCode]: errorCode === undefined ? undefined : String(errorCode),
    [ATTRIBUTE.httpStatus]: httpStatus,
    [ATTRIBUTE.hidden]: hidden,
  };
}

/** How much was hidden in the whole exchange; not where, and not what. */
function maskingAttributes({ record, redactions = 0 }: AuditItem): Maybe {
  const { masking } = record.draft;
  const hidden = redactions + redactionsIn(masking);
  return {
    [ATTRIBUTE.redactions]: hidden === 0 ? undefined : hidden,
    [ATTRIBUTE.withheld]: masking?.withheld,
  };
}

function approvalAttributes(approval: RecordedApproval | undefined): Maybe {
  if (approval === undefined) return {};
  const { id, state, rule, target, approvers, approver, refusal } = approval;
  return {
    [ATTRIBUTE.approval]: id,
    [ATTRIBUTE.approvalState]: state,
    [ATTRIBUTE.approvalRule]: rule,
    [ATTRIBUTE.approvalTarget]: target,
    [ATTRIBUTE.approvers]: approvers === undefined ? one(approver) : [...approvers],
    [ATTRIBUTE.approvalRefusal]: refusal,
  };
}

function one(text: string | undefined): string[] | undefined {
  return text === undefined ? undefined : [text];
}

function detailAttributes({ detail = {} }: RecordDraft): Maybe {
  const named = Object.entries(detail).map(([key, value]): [string, AttributeValue] => [
    `${DETAIL_PREFIX}${key}`,
    typeof value === 'object' ? [...value] : value,
  ]);
  return Object.fromEntries(named);
}
