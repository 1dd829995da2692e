// Tasks on the wire: core in 2025-11-25, the extension `io.modelcontextprotocol/tasks` in 2026-07-28. Which
// messages name a task of the server's, and where in their bytes.

import { isArray, isObject, type JsonObject, type JsonValue, memberOf } from './messages.ts';
import { CLIENT_CAPABILITIES_KEY, metaOf } from './meta.ts';
import { locate, type PathStep } from './spans.ts';
import { type Edit, setMember } from './splice.ts';

export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';
export const RELATED_TASK_KEY = 'io.modelcontextprotocol/related-task';

/** What a client that does not declare the extension is to declare (-32021). */
export const TASKS_REQUIRED = {
  requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } },
} as const;

/** What a client reads of a task (2026-07-28, extension tasks). Times are RFC 3339 in UTC. */
export interface TaskWords {
  readonly taskId: string;
  readonly status: 'working' | 'input_required' | 'completed' | 'cancelled' | 'failed';
  readonly statusMessage: string;
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
  /** From its creation; null: unlimited. */
  readonly ttlMs: number | null;
  readonly pollIntervalMs?: number;
}

/** An id of a task, and where it stands in its message. */
export interface NamedTask {
  readonly id: string;
  readonly path: readonly PathStep[];
}

/** Whether the client of this request takes a task in place of a result (2026-07-28). */
export function declaresTasks(params: JsonObject): boolean {
  const capabilities = memberOf(metaOf(params), CLIENT_CAPABILITIES_KEY);
  return isObject(memberOf(memberOf(capabilities, 'extensions'), TASKS_EXTENSION));
}

/** Adds the extension to what a server says it can do, unless it says so itself. */
export function declareTasks(bytes: Uint8Array, capabilities: JsonObject): readonly Edit[] {
  const { extensions } = capabilities;
  if (memberOf(extensions, TASKS_EXTENSION) !== undefined) return [];
  const path = ['result', 'capabilities', ...(isObject(extensions) ? ['extensions'] : [])];
  const object = locate(bytes, path);
  if (object === undefined) return [];
  return isObject(extensions)
    ? [setMember(bytes, object, TASKS_EXTENSION, '{}')]
    : [setMember(bytes, object, 'extensions', JSON.stringify({ [TASKS_EXTENSION]: {} }))];
}

/** The task that a call was turned into; `unnamed` when the server says so and names none. */
export function createdTask(
  params: JsonObject,
  result: JsonObject,
): NamedTask | 'unnamed' | undefined {
  if (result.resultType === 'task') {
    return named(result.taskId, ['result', 'taskId']) ?? 'unnamed';
  }
  // 2025-11-25: the client asks for one, and a result of anything else may have a member `task` too.
  if (params.task === undefined || !isObject(result.task)) return undefined;
  return named(result.task.taskId, ['result', 'task', 'taskId']) ?? 'unnamed';
}

/** The task that an answer about one task, or a notification of one, names itself. */
export function statedTask(value: JsonValue, part: 'result' | 'params'): NamedTask | undefined {
  return named(memberOf(memberOf(value, part), 'taskId'), [part, 'taskId']);
}

/** The task that a message belongs to (2025-11-25, "Related Task Metadata"). */
export function relatedTask(value: JsonValue): NamedTask | undefined {
  for (const part of ['params', 'result'] as const) {
    const path = [part, '_meta', RELATED_TASK_KEY, 'taskId'];
    const found = named(
      path.reduce<JsonValue | undefined>((at, step) => memberOf(at, step), value),
      path,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The tasks of a list, by their places; undefined when it is none. */
export function listedTasks(result: JsonObject): readonly NamedTask[] | undefined {
  const { tasks } = result;
  if (!isArray(tasks)) return undefined;
  const all = tasks.map((task, index) =>
    named(memberOf(task, 'taskId'), ['result', 'tasks', index, 'taskId']),
  );
  return all.every((task) => task !== undefined) ? all : undefined;
}

/** Puts another id in its place; nothing where the place is not there. */
export function renameTask(bytes: Uint8Array, { path }: NamedTask, id: string): readonly Edit[] {
  const span = locate(bytes, path);
  if (span === undefined) return [];
  return [{ ...span, replacement: new TextEncoder().encode(JSON.stringify(id)) }];
}

function named(id: JsonValue | undefined, path: readonly PathStep[]): NamedTask | undefined {
  return typeof id === 'string' && id !== '' ? { id, path } : undefined;
}
