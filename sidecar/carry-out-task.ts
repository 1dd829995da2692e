// The one time that the call of a task goes on: as its caller's own would, through the same journey, with
// what comes of it kept for whoever asks.

import type { PendingApproval } from '#core/approvals/approval.ts';
import { isObject, type JsonObject, type JsonValue } from '#core/mcp/messages.ts';
import { ERROR_CODES } from '#core/mcp/replies.ts';
import { locate } from '#core/mcp/spans.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Snapshot } from './activation.ts';
import type { Gate } from './gate.ts';
import { type KeptAnswer, KeptReply } from './kept-reply.ts';
import { KEPT_MS, type OwnTask, type TaskAnswer, type TaskInputs } from './own-task.ts';

/**
 * `again`: it has not happened, and may still: its caller must prove itself anew, or the store is away.
 * `asks`: the server wants something of its client first. `pending`: it asked for an approval anew.
 */
export type Came =
  | { readonly kind: 'over' | 'again' | 'asks' }
  | { readonly kind: 'pending'; readonly approval: PendingApproval };

export async function carryOutTask(
  task: OwnTask,
  refusal: Refusal | undefined,
  gate: Gate,
): Promise<Came> {
  const snapshot = gate.activation.current;
  const { maxReplyBytes, callSeconds } = snapshot.policy.limits;
  const client = new KeptReply(task.unwanted, maxReplyBytes + ROOM_BYTES);
  const nowMillis = gate.clock.epochSeconds() * 1000;
  if (refusal === undefined) {
    task.say('Approved, and under way', nowMillis, nowMillis + callSeconds * 1000 + KEPT_MS);
  }
  const pending: PendingApproval[] = [];
  const onPending = (approval: PendingApproval, definition: string): void => {
    pending.push(approval);
    waitAnew(task, { approval, definition }, gate);
  };
  const { call, approvalId } = task.course;
  const under = approvalId === undefined ? { onPending } : { standing: approvalId };
  const { principal } = task.proof;
  const { admission } = call;
  const going = { admission, principal, snapshot, client, refusal, under, head: headOf(task) };
  await gate.ownTasks.run({ ...going, task: task.name.call }, gate);
  const [approval] = pending;
  return approval === undefined
    ? take(task, { answer: client.answer, snapshot }, gate)
    : { kind: 'pending', approval };
}

/** SSE adds a little to what a message is long. */
const ROOM_BYTES = 512;

/** The answers that its client brought need an approval of their own. */
function waitAnew(
  task: OwnTask,
  { approval, definition }: { readonly approval: PendingApproval; readonly definition: string },
  { approvals, clock }: Gate,
): void {
  const { id } = approval.request;
  task.follow({ ...task.course, approvalId: id, definition });
  const message = `Waiting for approval ${id}: ${approvals.urlOf(id)}`;
  task.say(message, clock.epochSeconds() * 1000, approval.pendingUntilMillis + KEPT_MS);
}

interface Answered {
  readonly answer: KeptAnswer | undefined;
  readonly snapshot: Snapshot;
}

function take(task: OwnTask, { answer, snapshot }: Answered, gate: Gate): Came {
  const said = answer === undefined ? undefined : read(answer);
  const isAway = said?.error?.code === ERROR_CODES.approvalUnavailable;
  if (answer?.status === 401 || isAway) return { kind: 'again' };
  const upstreamId = upstreamIn(said?.result, task, gate);
  if (upstreamId !== undefined) {
    task.standFor(upstreamId);
    return { kind: 'over' };
  }
  const nowMillis = gate.clock.epochSeconds() * 1000;
  const inputs = answer === undefined ? undefined : inputsIn(answer, said?.result);
  if (inputs !== undefined && gate.ownTasks.hasRoom(task, inputs.json.byteLength)) {
    task.ask(inputs, nowMillis, nowMillis + KEPT_MS);
    return { kind: 'asks' };
  }
  const { message, ...ended } = endOf(answer, said, task, gate);
  task.finish({ ...ended, snapshot }, message, nowMillis);
  return { kind: 'over' };
}

/** What the server asks of its client; undefined when it does not, or asks nothing in particular. */
function inputsIn({ bytes }: KeptAnswer, result: JsonObject | undefined): TaskInputs | undefined {
  if (result?.resultType !== 'input_required' || !isObject(result.inputRequests)) return undefined;
  const keys = Object.keys(result.inputRequests);
  const span = locate(bytes, ['result', 'inputRequests']);
  if (keys.length === 0 || span === undefined) return undefined;
  const { requestState } = result;
  const state = typeof requestState === 'string' ? requestState : undefined;
  return { json: bytes.slice(span.start, span.end), keys, state };
}

/** The head of the call as it came, with the newest token. */
function headOf({ course: { call }, proof }: OwnTask) {
  const { head } = call;
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
  if (said.result?.resultType === 'input_required') return failed(ASKS_FOR_NOTHING);
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

const ASKS_FOR_NOTHING = {
  code: ERROR_CODES.upstreamInvalid,
  message:
    'the MCP server asks to be called again, which a call that waits for an approval as a task cannot be; make the call without declaring the tasks extension',
};

const TOO_LARGE = {
  code: ERROR_CODES.contentWithheld,
  message: 'the call was carried out; its result is larger than what is kept of tasks',
};

function failed(error: { readonly code: number; readonly message: string }): Ended {
  return { kind: 'error', json: Buffer.from(JSON.stringify(error)), message: error.message };
}
