// The rung of the waiting ladder for clients that take tasks (2026-07-28, extension tasks): the call is
// kept here, and its caller goes home with a task to ask about. Nothing of it is held open.

import type { PendingApproval } from '#core/approvals/approval.ts';
import { eraOf } from '#core/mcp/revisions.ts';
import { declaresTasks } from '#core/mcp/tasks.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Head } from './admit-head.ts';
import type { AskedCall } from './approval-request.ts';
import { followTask } from './follow-task.ts';
import type { Gate } from './gate.ts';
import type { KeptCall, WaitingCall } from './obtain-approval.ts';
import { KEPT_MS, OwnTask } from './own-task.ts';

/** From the deadline of its request on: a grant and the call itself take their time too. */
const LATEST_SECONDS = 48 * 60 * 60;

/** Undefined when it waits some other way: its client takes no tasks, or there is no room for it. */
export function acceptTask(
  approval: PendingApproval,
  { definition }: Pick<AskedCall, 'definition'>,
  call: WaitingCall,
  gate: Gate,
): Refusal | undefined {
  if (!mayBeTask(call, gate)) return undefined;
  const { exchange, admission, head, request } = call;
  const { id } = approval.request;
  const { principal } = exchange.facts;
  const tool = request.target?.name ?? '';
  const made = { call: exchange.facts.id, tool, approvalId: id };
  const createdSeconds = Math.floor(gate.clock.epochSeconds());
  const untilSeconds = Math.ceil(approval.pendingUntilMillis / 1000) + LATEST_SECONDS;
  const name = gate.taskIds.sealOwn(made, principal, { createdSeconds, untilSeconds });
  if (name === undefined) return undefined;
  const kept: KeptCall = { exchange, admission, head: withoutToken(head), request };
  const task = new OwnTask({
    ...{ name, proof: { head, principal } },
    course: { call: kept, approvalId: id, definition },
    message: `Waiting for approval ${id}: ${gate.approvals.urlOf(id)}`,
    nowMillis: gate.clock.epochSeconds() * 1000,
    untilMillis: approval.pendingUntilMillis + KEPT_MS,
  });
  if (!gate.ownTasks.keep(task)) return undefined;
  void followTask(task, approval, gate);
  const reason = 'waiting for an approval, as a task';
  return { code: 'approval_task', reason, rule: approval.request.rule, task: task.words() };
}

/** The token is in the proof alone, which is let go of when the task is over. */
function withoutToken(head: Head): Head {
  const { authorization: _, ...headers } = head.headers;
  return { ...head, headers };
}

/**
 * Answers to questions of the server and rounds that have begun go on as they came: a task of ours has
 * no way to carry them.
 */
function mayBeTask({ admission, exchange, request, standing }: WaitingCall, gate: Gate): boolean {
  return (
    gate.ownTasks.isOffered &&
    !gate.departure.leaving.aborted &&
    !gate.drain.signal.aborted &&
    standing === undefined &&
    request.method === 'tools/call' &&
    eraOf(exchange.facts.revision) === 'modern' &&
    declaresTasks(request.params) &&
    admission.carried.kind === 'none' &&
    request.params.inputResponses === undefined
  );
}
