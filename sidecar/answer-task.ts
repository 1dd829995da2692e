// What is asked of a task of ours is answered here, and recorded like any answer. A task whose gateway is
// gone has failed: nothing of it was lost but the place to ask, since its approval still stands.

import type { JsonValue, RequestMessage } from '#core/mcp/messages.ts';
import { ERROR_CODES, emptyResult, type TaskMember, taskResult } from '#core/mcp/replies.ts';
import type { TaskWords } from '#core/mcp/tasks.ts';
import { isVisible } from '#core/policy/visible.ts';
import type { Refusal } from '#core/refusal.ts';
import type { ClientReply } from './client-reply.ts';
import { concludeAnswer } from './conclude.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import type { OwnTask, Proof } from './own-task.ts';
import { proceedTask } from './proceed-task.ts';
import { sayNo } from './relay.ts';
import type { OwnTaskName } from './task-ids.ts';

export interface TaskAsked {
  readonly exchange: Exchange;
  readonly request: RequestMessage;
  /** The request as it came. */
  readonly received: Uint8Array;
  readonly name: OwnTaskName;
  readonly proof: Proof;
}

export async function answerTask(
  { exchange, request, received, name, proof }: TaskAsked,
  client: ClientReply,
  gate: Gate,
): Promise<void> {
  const task = name.isHere ? gate.ownTasks.find(name.call) : undefined;
  if (request.method === 'tasks/cancel') task?.cancel(gate.clock.epochSeconds() * 1000);
  if (request.method === 'tasks/update' && task !== undefined) {
    task.renew(proof);
    proceedTask(task, { request, received }, gate);
  }
  if (request.method !== 'tasks/get') {
    return sayResult(emptyResult(request.id), exchange, client, gate);
  }
  task?.renew(proof);
  const withdrawn = task && refuseLate(task, exchange);
  if (withdrawn !== undefined) return sayNo(exchange, withdrawn, { client, gate });
  const { words, answer } = task === undefined ? await lost(name, gate) : shown(task);
  return sayResult(taskResult(request.id, words, answer), exchange, client, gate);
}

interface Shown {
  readonly words: TaskWords;
  readonly answer: TaskMember | undefined;
}

function shown(task: OwnTask): Shown {
  const { inputs } = task;
  const asked = inputs && ({ kind: 'inputRequests', json: inputs.json } as const);
  return { words: task.words(), answer: task.answer ?? asked };
}

/** What the server said under another policy is not for whoever may not see its tool any more. */
function refuseLate({ answer, name }: OwnTask, { facts }: Exchange): Refusal | undefined {
  const { snapshot, principal } = facts;
  if (answer === undefined || answer.snapshot === snapshot) return undefined;
  if (snapshot.policy.mode === 'Observe') return undefined;
  const tool = { kind: 'tool', name: name.tool } as const;
  return isVisible(snapshot.policy, principal, tool) ? undefined : WITHDRAWN;
}

const WITHDRAWN: Refusal = {
  code: 'content_withheld',
  reason: 'the policy withdrew access before this answer was delivered',
};

/** Its gateway has stopped or forgot it. What has happened is in the evidence; what stands can go on. */
async function lost(
  { approvalId, sealed, createdSeconds }: OwnTaskName,
  gate: Gate,
): Promise<Shown> {
  const { store, urlOf } = gate.approvals;
  const approval = await store.get(approvalId).catch(() => undefined);
  const stands = approval?.state === 'PENDING' || approval?.state === 'GRANTED';
  const error = stands
    ? {
        code: ERROR_CODES.approvalPending,
        message: `${GONE}, and nothing was carried out. Approval ${approvalId} still stands: ${urlOf(approvalId)} . Make the identical call again, and it goes on with that`,
      }
    : {
        code: ERROR_CODES.upstreamUnavailable,
        message: `${GONE}; whether the call was carried out is in the evidence, under approval ${approvalId}`,
      };
  const now = new Date(gate.clock.epochSeconds() * 1000).toISOString();
  return {
    words: {
      taskId: sealed,
      status: 'failed',
      statusMessage: error.message,
      createdAt: new Date(createdSeconds * 1000).toISOString(),
      lastUpdatedAt: now,
      ttlMs: null,
    },
    answer: { kind: 'error', json: Buffer.from(JSON.stringify(error)) },
  };
}

const GONE = 'the gateway that kept this task is gone';

async function sayResult(
  bytes: Uint8Array,
  exchange: Exchange,
  client: ClientReply,
  gate: Gate,
): Promise<void> {
  const value: JsonValue = JSON.parse(Buffer.from(bytes).toString('utf8'));
  const result = (value as { readonly result: JsonValue }).result;
  const { request } = exchange.facts;
  const id = request === undefined ? {} : { id: request.id };
  const message = { kind: 'response', ...id, body: { result } } as const;
  const conclusion = await concludeAnswer({ message, bytes, value }, exchange, gate);
  client.send({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: conclusion.bytes,
  });
}
