// The task that a client's message names, opened before anything is judged: the server gets its own id,
// the record the call that the task came from, and whoever it does not belong to an unknown name.

import type { Principal } from '#core/identity/principal.ts';
import type { JsonValue, Message } from '#core/mcp/messages.ts';
import { splice } from '#core/mcp/splice.ts';
import { relatedTask, renameTask, statedTask } from '#core/mcp/tasks.ts';
import type { Refusal } from '#core/refusal.ts';
import type { ServerTask, TaskIds } from './task-ids.ts';

export interface NamingTask {
  readonly message: Message;
  /** What goes upstream. */
  readonly bytes: Uint8Array;
  readonly task?: ServerTask;
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

export function takeTask(
  { message, bytes }: NamingTask,
  value: JsonValue,
  by: Principal,
  taskIds: TaskIds,
): NamingTask | Refusal {
  if (message.kind !== 'request' || !ABOUT_TASKS.has(message.method)) {
    return { message, bytes: withRelated(bytes, value, by, taskIds) };
  }
  const stated = statedTask(value, 'params');
  const task = stated && taskIds.open(stated.id, by);
  if (stated === undefined || task === undefined) return UNKNOWN;
  const { call: name, tool, upstreamId } = task;
  return {
    message: { ...message, target: { kind: 'task', name, tool } },
    bytes: splice(bytes, renameTask(bytes, stated, upstreamId)),
    task,
  };
}

/** An id that does not open may be one that the client gave, of a task it works on for the server. */
function withRelated(
  bytes: Uint8Array,
  value: JsonValue,
  by: Principal,
  taskIds: TaskIds,
): Uint8Array {
  const related = relatedTask(value);
  const task = related && taskIds.open(related.id, by);
  if (related === undefined || task === undefined) return bytes;
  return splice(bytes, renameTask(bytes, related, task.upstreamId));
}
