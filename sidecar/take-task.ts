// The task that a client's message names, opened before anything is judged: the server gets its own id,
// the record the call that the task came from, and whoever it does not belong to an unknown name.

import type { Principal } from '#core/identity/principal.ts';
import type { JsonValue, Message, RequestMessage } from '#core/mcp/messages.ts';
import { splice } from '#core/mcp/splice.ts';
import { declaresTasks, relatedTask, renameTask, statedTask } from '#core/mcp/tasks.ts';
import type { Refusal } from '#core/refusal.ts';
import type { OwnTasks } from './own-tasks.ts';
import type { NamedTask, TaskIds } from './task-ids.ts';

export interface TakenTask {
  readonly message: Message;
  /** What goes upstream. */
  readonly bytes: Uint8Array;
  readonly task?: NamedTask;
}

export interface TaskEnvelopes {
  readonly taskIds: TaskIds;
  readonly ownTasks: OwnTasks;
  readonly nowSeconds: number;
}

/** What a client asks of a task of the server's; in the other direction tasks are the client's. */
const ABOUT_TASKS: ReadonlySet<string> = new Set([
  'tasks/get',
  'tasks/result',
  'tasks/cancel',
  'tasks/update',
]);

/** As for a name that policy hides, byte for byte. */
const UNKNOWN: Refusal = { code: 'target_unknown', reason: 'unknown name' };

const UNDECLARED: Refusal = {
  code: 'capability_missing',
  reason: 'params._meta does not declare the tasks extension',
};

export function takeTask(
  { message, bytes }: Pick<TakenTask, 'message' | 'bytes'>,
  value: JsonValue,
  by: Principal,
  envelopes: TaskEnvelopes,
): TakenTask | Refusal {
  if (message.kind !== 'request' || !ABOUT_TASKS.has(message.method)) {
    return { message, bytes: withRelated(bytes, value, by, envelopes) };
  }
  const stated = statedTask(value, 'params');
  const task = stated && envelopes.taskIds.open(stated.id, by, envelopes.nowSeconds);
  if (stated === undefined || task === undefined) return UNKNOWN;
  const refusal = task.kind === 'own' ? refuseOwn(message) : undefined;
  if (refusal !== undefined) return refusal;
  const { call: name, tool } = task;
  const named = { ...message, target: { kind: 'task', name, tool } } as const;
  const known = asServers(task, envelopes);
  if (known.kind === 'own') return { message: named, bytes, task };
  const edits = renameTask(bytes, stated, known.upstreamId);
  return { message: named, bytes: splice(bytes, edits), task: known };
}

/** A task of ours whose call the server has made a task of: from then on it is the server's. */
export function asServers(task: NamedTask, { ownTasks }: TaskEnvelopes): NamedTask {
  if (task.kind === 'server' || !task.isHere) return task;
  const { call, tool, sealed } = task;
  const upstreamId = ownTasks.find(call)?.upstreamId;
  return upstreamId === undefined
    ? task
    : { kind: 'server', upstreamId, call, tool, sealed, wasOurs: true };
}

/** What the extension has no word for, or a client that does not declare it (-32021). */
function refuseOwn({ method, params }: RequestMessage): Refusal | undefined {
  if (method === 'tasks/result') return UNKNOWN;
  return declaresTasks(params) ? undefined : UNDECLARED;
}

/** An id that does not open may be one that the client gave, of a task it works on for the server. */
function withRelated(
  bytes: Uint8Array,
  value: JsonValue,
  by: Principal,
  { taskIds, nowSeconds }: TaskEnvelopes,
): Uint8Array {
  const related = relatedTask(value);
  const task = related && taskIds.open(related.id, by, nowSeconds);
  if (related === undefined || task?.kind !== 'server') return bytes;
  return splice(bytes, renameTask(bytes, related, task.upstreamId));
}
