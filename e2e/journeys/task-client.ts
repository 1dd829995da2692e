// A client of the tasks extension (2026-07-28), plain HTTP: no SDK has one yet. It says no more than the
// extension does, and shows whole answers.

import { until } from './until.ts';
import { callTool, messageOf, modern, type Rpc, type RpcResult, send } from './wire.ts';

/** What clients that take tasks declare on each request. */
export const TAKES_TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } };

export interface TaskResult extends RpcResult {
  readonly taskId?: string;
  readonly status?: string;
  readonly statusMessage?: string;
  readonly result?: RpcResult;
  readonly error?: { readonly code: number; readonly message: string };
}

export type TaskRpc = Omit<Rpc, 'result'> & { readonly result?: TaskResult };

export class TaskClient {
  readonly #token: string;
  readonly #capabilities: object;

  /** `more`: what it can do besides. */
  constructor(token: string, more: object = {}) {
    this.#token = token;
    this.#capabilities = { ...TAKES_TASKS, ...more };
  }

  call(url: string, tool: string, args: object): Promise<TaskRpc> {
    return this.#ask(url, callTool(tool, args));
  }

  get(url: string, taskId: string): Promise<TaskRpc> {
    return this.about(url, 'tasks/get', { taskId });
  }

  /** Anything else that is said of a task. */
  about(url: string, method: string, params: object): Promise<TaskRpc> {
    return this.#ask(url, { method, params: { ...params } });
  }

  /** The id of a call that goes on as a task. */
  async start(url: string, tool: string, args: object): Promise<string> {
    const { result, error } = await this.call(url, tool, args);
    if (result?.resultType !== 'task' || result.taskId === undefined) {
      throw new Error(`not a task: ${JSON.stringify(result ?? error)}`);
    }
    return result.taskId;
  }

  /** Polls until it is over, or asks for something. */
  over(url: string, taskId: string): Promise<TaskResult> {
    return until('the task is over', async () => {
      const { result } = await this.get(url, taskId);
      return result?.status !== 'working' && result;
    });
  }

  async #ask(url: string, asked: Parameters<typeof modern>[1]): Promise<TaskRpc> {
    const sent = modern(this.#token, { capabilities: this.#capabilities, ...asked });
    return messageOf(await send(url, sent)) as TaskRpc;
  }
}
