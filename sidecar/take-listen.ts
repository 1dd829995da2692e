// Tasks that a client wants to follow on a subscription (2026-07-28): the server hears of those that are
// its own and that this client may ask about, and its acknowledgement says which they were.

import type { Principal } from '#core/identity/principal.ts';
import { isArray, isObject, type JsonObject, type RequestMessage } from '#core/mcp/messages.ts';
import { locate } from '#core/mcp/spans.ts';
import { removeElements, splice } from '#core/mcp/splice.ts';
import { renameTask } from '#core/mcp/tasks.ts';
import { evaluate } from '#core/policy/evaluate.ts';
import { MAX_SUBSCRIPTIONS } from '#core/policy/question.ts';
import type { Snapshot } from './activation.ts';
import { judgeTask } from './judge-task.ts';
import type { TaskEnvelopes } from './take-task.ts';
import { asServers } from './take-task.ts';
import type { ServerTask } from './task-ids.ts';

const PATH = ['params', 'notifications', 'taskIds'] as const;

export interface TakenListen {
  readonly message: RequestMessage;
  readonly bytes: Uint8Array;
}

export function takeListen(
  came: TakenListen,
  { principal, snapshot }: { readonly principal: Principal; readonly snapshot: Snapshot },
  envelopes: TaskEnvelopes,
): TakenListen {
  const { message, bytes } = came;
  const { notifications } = message.params;
  const array = locate(bytes, PATH);
  if (!isObject(notifications) || array === undefined) return came;
  const { taskIds } = notifications;
  // What is no list, or too long, is refused by whoever judges it.
  if (!isArray(taskIds) || taskIds.length > MAX_SUBSCRIPTIONS) return came;
  const tasks = taskIds.map((id) => {
    const task = typeof id === 'string' ? openServers(id, principal, envelopes) : undefined;
    return task !== undefined && mayAsk(task, principal, snapshot) ? task : undefined;
  });
  const followed = tasks.filter((task) => task !== undefined);
  for (const task of followed) envelopes.taskIds.remember(task, principal);
  const renamed = tasks.flatMap((task, index) =>
    task === undefined
      ? []
      : renameTask(bytes, { id: task.sealed, path: [...PATH, index] }, task.upstreamId),
  );
  const removed = removeElements(bytes, array, (index) => tasks[index] !== undefined);
  return {
    message: { ...message, params: withTasks(message.params, notifications, followed) },
    bytes: splice(bytes, [...renamed, ...removed]),
  };
}

function openServers(
  sealed: string,
  by: Principal,
  envelopes: TaskEnvelopes,
): ServerTask | undefined {
  const task = envelopes.taskIds.open(sealed, by, envelopes.nowSeconds);
  const known = task && asServers(task, envelopes);
  return known?.kind === 'server' ? known : undefined;
}

/** Following a task says no more than asking about it. */
function mayAsk(task: ServerTask, by: Principal, snapshot: Snapshot): boolean {
  const { call: name, tool, sealed: taskId } = task;
  const asking = {
    kind: 'request',
    id: 0,
    method: 'tasks/get',
    params: { taskId },
    target: { kind: 'task', name, tool },
  } as const;
  const decision = evaluate(snapshot.policy, by, asking, 'toServer');
  const judged = judgeTask(decision, task, by, snapshot);
  return judged.effect === 'Allow' || snapshot.policy.mode === 'Observe';
}

/** What is judged is what is forwarded. */
function withTasks(
  params: JsonObject,
  notifications: JsonObject,
  followed: readonly ServerTask[],
): JsonObject {
  const taskIds = followed.map(({ upstreamId }) => upstreamId);
  return { ...params, notifications: { ...notifications, taskIds } };
}
