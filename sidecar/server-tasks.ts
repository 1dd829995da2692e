// Tasks of the server on their way to the client: their ids leave sealed for the principal whose call made
// them, and what names somebody else's stays here.

import type { Principal } from '#core/identity/principal.ts';
import {
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  type NotificationMessage,
  type RequestMessage,
} from '#core/mcp/messages.ts';
import { locate } from '#core/mcp/spans.ts';
import { type Edit, removeElements, splice } from '#core/mcp/splice.ts';
import {
  createdTask,
  listedTasks,
  type NamedTask,
  relatedTask,
  renameTask,
  statedTask,
} from '#core/mcp/tasks.ts';
import { isVisible } from '#core/policy/visible.ts';
import type { Snapshot } from './activation.ts';
import type { Exchange } from './exchange.ts';
import type { ServerTask, TaskIds } from './task-ids.ts';

export type SealedAnswer =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly hidden: number }
  /** The answer cannot be judged and must be withheld. */
  | { readonly ok: false; readonly reason: string };

interface Answer {
  readonly bytes: Uint8Array;
  readonly value: JsonValue;
  readonly result: JsonObject;
}

/** An answer with the client's ids in place of the server's. */
export function sealTasks(answer: Answer, asked: Exchange, taskIds: TaskIds): SealedAnswer {
  const { request, principal } = asked.facts;
  if (request?.method === 'tasks/list') return sealList(answer, principal, taskIds);
  const own = ownName(answer, asked, taskIds);
  if (typeof own === 'string') return { ok: false, reason: own };
  const { bytes, value } = answer;
  const related = relatedTask(value);
  const meant = related && find(related.id, asked, taskIds);
  const edits = [
    ...own,
    ...(related === undefined || meant === undefined
      ? []
      : renameTask(bytes, related, meant.sealed)),
  ];
  return { ok: true, bytes: splice(bytes, edits), hidden: 0 };
}

/** What the answer itself is about: a task that it makes, or the one that was asked about. */
function ownName(
  { bytes, value, result }: Answer,
  { facts }: Exchange,
  taskIds: TaskIds,
): readonly Edit[] | string {
  const { request, principal, task, id } = facts;
  if (task?.kind === 'server') {
    const stated = statedTask(value, 'result');
    if (stated === undefined) return [];
    if (stated.id !== task.upstreamId) return 'the MCP server answered about another task';
    return renameTask(bytes, stated, task.sealed);
  }
  if (request?.method !== 'tools/call' || request.target === undefined) return [];
  const created = createdTask(request.params, result);
  if (created === undefined) return [];
  const adopted = created !== 'unnamed' && adopt(created, request.target.name);
  if (created === 'unnamed' || !adopted) return 'the MCP server made a task without a usable id';
  return renameTask(bytes, created, adopted.sealed);

  function adopt(made: NamedTask, tool: string): ServerTask | undefined {
    return taskIds.adopt({ upstreamId: made.id, call: id, tool }, principal);
  }
}

/** The principal's own, as far as this gateway saw them made; all others are left out. */
function sealList({ bytes, result }: Answer, by: Principal, taskIds: TaskIds): SealedAnswer {
  const listed = listedTasks(result);
  const array = locate(bytes, ['result', 'tasks']);
  if (listed === undefined || array === undefined) {
    return { ok: false, reason: 'result.tasks is not a list of tasks' };
  }
  const own = listed.map(({ id }) => taskIds.known(id, by));
  const removed = removeElements(bytes, array, (index) => own[index] !== undefined);
  const renamed = listed.flatMap((task, index) => {
    const sealed = own[index]?.sealed;
    return sealed === undefined ? [] : renameTask(bytes, task, sealed);
  });
  return { ok: true, bytes: splice(bytes, [...removed, ...renamed]), hidden: removed.length };
}

/** Notifications about one task of the server's. */
const ABOUT_TASKS: ReadonlySet<string> = new Set([
  'notifications/tasks',
  'notifications/tasks/status',
]);

/**
 * The same for what the server says by itself; undefined when it is about a task of somebody else, or of a
 * tool that is hidden by now.
 */
export function sealMentions(
  message: RequestMessage | NotificationMessage,
  { bytes, value }: Pick<Answer, 'bytes' | 'value'>,
  { exchange, snapshot }: { readonly exchange: Exchange; readonly snapshot: Snapshot },
  taskIds: TaskIds,
): Uint8Array | undefined {
  const isAbout = ABOUT_TASKS.has(message.method);
  const stated = isAbout ? statedTask(value, 'params') : undefined;
  const about = stated && find(stated.id, exchange, taskIds);
  if (isAbout && (about === undefined || !isShown(about, exchange, snapshot))) return undefined;
  const related = relatedTask(value);
  const meant = related && find(related.id, exchange, taskIds);
  return splice(bytes, [
    ...(stated && about ? renameTask(bytes, stated, about.sealed) : []),
    ...(related && meant ? renameTask(bytes, related, meant.sealed) : []),
    ...(message.method === ACKNOWLEDGED ? sealFollowed(message, bytes, exchange, taskIds) : []),
  ]);
}

const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';
const FOLLOWED = ['params', 'notifications', 'taskIds'] as const;

function isShown({ tool: name }: ServerTask, { facts }: Exchange, { policy }: Snapshot): boolean {
  return policy.mode === 'Observe' || isVisible(policy, facts.principal, { kind: 'tool', name });
}

/** Which of the tasks that it was asked for the server lets the client follow. */
function sealFollowed(
  { params: { notifications } }: NotificationMessage | RequestMessage,
  bytes: Uint8Array,
  exchange: Exchange,
  taskIds: TaskIds,
): readonly Edit[] {
  const array = locate(bytes, FOLLOWED);
  const ids = isObject(notifications) ? notifications.taskIds : undefined;
  if (array === undefined || !isArray(ids)) return [];
  const own = ids.map((id) =>
    typeof id === 'string' ? find(id, exchange, taskIds)?.sealed : undefined,
  );
  const renamed = own.flatMap((sealed, index) =>
    sealed === undefined ? [] : renameTask(bytes, { id: '', path: [...FOLLOWED, index] }, sealed),
  );
  return [...renamed, ...removeElements(bytes, array, (index) => own[index] !== undefined)];
}

/** The task that was asked about, or one that this principal's call made here. */
function find(
  upstreamId: string,
  { facts: { task, principal } }: Exchange,
  taskIds: TaskIds,
): ServerTask | undefined {
  const isAsked = task?.kind === 'server' && task.upstreamId === upstreamId;
  return isAsked ? task : taskIds.known(upstreamId, principal);
}
