// The one time that the call of a task goes on: as its caller's own would, through the same journey, with
// what comes of it kept for whoever asks.

import { isObject, type JsonObject, type JsonValue } from '#core/mcp/messages.ts';
import { ERROR_CODES } from '#core/mcp/replies.ts';
import { locate } from '#core/mcp/spans.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Gate } from './gate.ts';
import { type KeptAnswer, KeptReply } from './kept-reply.ts';
import { KEPT_MS, type OwnTask, type TaskAnswer } from './own-task.ts';

const MAX_DEPTH = 512;

/** False when it has not happened, and may still: its caller must prove itself anew, or the store is away. */
export async function carryOutTask(
  task: OwnTask,
  refusal: Refusal | undefined,
  gate: Gate,
): Promise<boolean> {
  const { name, call, proof } = task;
  const snapshot = gate.activation.current;
  const { maxReplyBytes, callSeconds } = snapshot.policy.limits;
  const client = new KeptReply(task.unwanted, maxReplyBytes + MAX_DEPTH);
  const nowMillis = () => gate.clock.epochSeconds() * 1000;
  if (refusal === undefined) {
    task.say('Approved, and under way', nowMillis(), nowMillis() + callSeconds * 1000 + KEPT_MS);
  }
  await gate.ownTasks.run(
    {
      admission: call.admission,
      head: headOf(task),
      principal: proof.principal,
      ...{ snapshot, client, refusal },
      task: name.call,
      approvalId: name.approvalId,
    },
    gate,
  );
  const { answer } = client;
  const said = answer === undefined ? undefined : read(answer);
  if (answer?.status === 401 || said?.error?.code === ERROR_CODES.approvalUnavailable) return false;
  const upstreamId = upstreamIn(said?.result, task, gate);
  if (upstreamId !== undefined) {
    task.standFor(upstreamId);
    return true;
  }
  const { message, ...ended } = endOf(answer, said, task, gate);
  task.finish({ ...ended, snapshot }, message, nowMillis());
  return true;
}

/** The head of the call as it came, with the newest token. */
function headOf({ call: { head }, proof }: OwnTask) {
  const { authorization } = proof.head.headers;
  return { ...head, headers: { ...head.headers, authorization } };
}

interface Said {
  readonly result?: JsonObject;
  readonly error?: JsonObject;
}

function read({ bytes }: KeptAnswer): Said {
  const value: JsonValue = JSON.parse(Buffer.from(bytes).toString('utf8'));
  if (!isObject(value)) return {};
  const { result, error } = value;
  return isObject(result) ? { result } : isObject(error) ? { error } : {};
}

/** The server works on it as a task of its own; its id comes sealed, as to any client. */
function upstreamIn(
  result: JsonObject | undefined,
  { proof }: OwnTask,
  { taskIds, clock }: Gate,
): string | undefined {
  if (result?.resultType !== 'task' || typeof result.taskId !== 'string') return undefined;
  const made = taskIds.open(result.taskId, proof.principal, clock.epochSeconds());
  return made?.kind === 'server' ? made.upstreamId : undefined;
}

type Ended = Omit<TaskAnswer, 'snapshot'> & { readonly message: string };

function endOf(
  answer: KeptAnswer | undefined,
  said: Said | undefined,
  task: OwnTask,
  { ownTasks }: Gate,
): Ended {
  if (answer === undefined || said === undefined) return failed(UNANSWERED);
  if (said.result?.resultType === 'input_required') return failed(ASKS_FOR_INPUT);
  const kind = said.result === undefined ? 'error' : 'result';
  const span = locate(answer.bytes, [kind]);
  if (span === undefined) return failed(UNANSWERED);
  const json = answer.bytes.slice(span.start, span.end);
  if (!ownTasks.hasRoom(task, json.byteLength)) return failed(TOO_LARGE);
  const isGood = kind === 'result' && said.result?.isError !== true;
  return { kind, json, message: isGood ? 'done' : 'see what it was answered with' };
}

const UNANSWERED = {
  code: ERROR_CODES.internalError,
  message: 'the call has no answer; the evidence says how far it got',
};

const ASKS_FOR_INPUT = {
  code: ERROR_CODES.upstreamInvalid,
  message:
    'the MCP server asks for input, which a call that waits for an approval as a task cannot bring; make the call without declaring the tasks extension',
};

const TOO_LARGE = {
  code: ERROR_CODES.contentWithheld,
  message: 'the call was carried out; its result is larger than what is kept of tasks',
};

function failed(error: { readonly code: number; readonly message: string }): Ended {
  return { kind: 'error', json: Buffer.from(JSON.stringify(error)), message: error.message };
}
