// One `tools/list` of Gatehouse's own, from its permit to its outcome: settled for the principal
// `gatehouse`, recorded, forwarded, and its answer read. Nothing of the answer goes to a client.

import { LedgerFault } from '#core/evidence/ledger.ts';
import type { RecordedOutcome } from '#core/evidence/record.ts';
import type { ResponseMessage } from '#core/mcp/messages.ts';
import { ERROR_CODES } from '#core/mcp/replies.ts';
import type { Refusal } from '#core/refusal.ts';
import { LIMITS } from '#crds/defaults.ts';
import { readRpcAnswer } from '#platform/http/rpc-answer.ts';
import { UpstreamFault, type UpstreamReply } from '#platform/http/upstream.ts';
import type { Head } from './admit-head.ts';
import {
  cutShortOutcome,
  cutShortRefusal,
  EVIDENCE_UNAVAILABLE,
  errorCodeOf,
  refusedOutcome,
} from './conclude.ts';
import type { Exchange } from './exchange.ts';
import { type Forwarded, forward } from './forward.ts';
import type { Gate } from './gate.ts';
import { recordedDecision } from './recorded.ts';
import { refuseStatus } from './relay.ts';
import { settle, UNASKED } from './settle.ts';
import type { PageAnswer } from './tool-listing.ts';

export interface OwnPage {
  readonly exchange: Exchange;
  readonly requestId: string;
  readonly body: Uint8Array;
  readonly head: Head;
}

const OWN = { effect: 'Allow', rule: 'gatehouse', obligations: {} } as const;

export async function askPage(
  page: OwnPage,
  deadline: AbortSignal,
  gate: Gate,
): Promise<PageAnswer> {
  const { exchange, head, body } = page;
  const settled = await settle(OWN, UNASKED);
  if (settled.kind === 'refusal') return { kind: 'refused', refusal: settled.refusal };
  const cut = () => exchange.cut('timeout', 'longer than Gatehouse waits for a list of tools');
  deadline.addEventListener('abort', cut, { once: true });
  if (deadline.aborted) cut();
  try {
    await exchange.intend(recordedDecision(OWN, exchange.facts.snapshot));
    const sending = { method: 'POST', exchange, head, body } as const;
    const forwarded = await forward(settled.permit, sending, gate.upstream);
    const { answer, outcome } = await read(forwarded, page, gate);
    await exchange.conclude(outcome);
    return answer;
  } catch (error) {
    if (!(error instanceof LedgerFault)) throw error;
    await exchange.conclude({ status: 'unknown' }).catch(() => {});
    return { kind: 'refused', refusal: UNRECORDED };
  } finally {
    deadline.removeEventListener('abort', cut);
    // A stream that has answered may stay open; nobody reads on.
    exchange.stop.abort();
  }
}

const UNRECORDED: Refusal = {
  ...EVIDENCE_UNAVAILABLE,
  reason: 'evidence cannot be written, so nothing is forwarded',
};

interface Read {
  readonly answer: PageAnswer;
  readonly outcome: RecordedOutcome;
}

async function read(forwarded: Forwarded, page: OwnPage, gate: Gate): Promise<Read> {
  switch (forwarded.kind) {
    case 'cutShort':
      return cutShort(page.exchange);
    case 'failed': {
      const { refusal, effect } = forwarded;
      return refused(refusal, { status: effect === 'none' ? 'refused' : 'unknown' });
    }
    case 'reply': {
      const { reply } = forwarded;
      const refusal = refuseStatus(reply, page.exchange);
      return refusal === undefined
        ? readReply(reply, page, gate)
        : refused(refusal, { httpStatus: reply.status });
    }
  }
}

async function readReply(reply: UpstreamReply, page: OwnPage, gate: Gate): Promise<Read> {
  const { exchange, requestId: id } = page;
  const { limits } = exchange.facts.snapshot.policy;
  // What a policy bounds more tightly is what passes on; a list that stays here may be as usual.
  const maxBytes = Math.max(limits.maxReplyBytes, LIMITS.maxReplyBytes);
  const maxDepth = Math.max(limits.maxDepth, LIMITS.maxDepth);
  // What else the server says here reaches nobody; a question of its own waits until the end.
  const onOther = ({ method }: { readonly method: string }): void => {
    if (method === 'notifications/tools/list_changed') gate.definitions.forget();
  };
  try {
    const answer = await readRpcAnswer(reply, { id, maxBytes, maxDepth, onOther });
    exchange.markAnswered();
    if (answer.kind === 'answer') return judge(answer.message, answer.sizeBytes);
    const unreadable = invalid(`the MCP server ${answer.reason}`);
    return refused(unreadable, { status: 'unknown', httpStatus: reply.status });
  } catch (error) {
    if (!(error instanceof UpstreamFault)) throw error;
    return error.code === 'aborted' ? cutShort(exchange) : refused(BROKEN, { status: 'unknown' });
  }
}

function judge(message: ResponseMessage, sizeBytes: number): Read {
  if ('result' in message.body) {
    const { result } = message.body;
    return { answer: { kind: 'result', result, sizeBytes }, outcome: { status: 'ok', sizeBytes } };
  }
  const code = errorCodeOf(message);
  const outcome: RecordedOutcome = {
    status: 'rpc_error',
    sizeBytes,
    ...(code === undefined ? {} : { errorCode: code }),
  };
  if (code === ERROR_CODES.methodNotFound) return { answer: { kind: 'noTools' }, outcome };
  const refusal = invalid(`the MCP server answers tools/list with JSON-RPC error ${code ?? '?'}`);
  return { answer: { kind: 'refused', refusal }, outcome };
}

const BROKEN: Refusal = {
  code: 'upstream_unavailable',
  reason: 'the MCP server broke off its list of tools',
};

function invalid(reason: string): Refusal {
  return { code: 'upstream_invalid', reason };
}

function refused(refusal: Refusal, differs: Partial<RecordedOutcome>): Read {
  const outcome = { ...refusedOutcome(refusal), ...differs };
  return { answer: { kind: 'refused', refusal }, outcome };
}

function cutShort(exchange: Exchange): Read {
  const refusal = cutShortRefusal(exchange);
  return { answer: { kind: 'refused', refusal }, outcome: cutShortOutcome(exchange) };
}
