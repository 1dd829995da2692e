// An MCP server of 2025-11-25 on SDK 1.x whose one tool works as a task only: a report on somebody, with
// what should be masked in it. Each session has a server of its own; all share one store of tasks.

import { randomUUID } from 'node:crypto';
import {
  InMemoryTaskMessageQueue,
  InMemoryTaskStore,
} from '@modelcontextprotocol/sdk/experimental/tasks/stores/in-memory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import * as z from 'zod';
import { type Fixture, type McpFace, serve } from './serve.ts';

const TTL_MS = 60_000;
const POLL_MS = 100;
/** Long enough to be asked about meanwhile. */
const WORK_MS = 1500;
/** Whose report is never written: it can be listed and cancelled however long that takes. */
export const ENDLESS = 'everybody';

export function startTaskServer(): Promise<Fixture> {
  return serve(() => taskFace());
}

function taskFace(): McpFace {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const store = new InMemoryTaskStore();
  return {
    fetch: async (request, parsedBody) => {
      const known = sessions.get(request.headers.get('mcp-session-id') ?? '');
      if (known !== undefined) return known.handleRequest(request, { parsedBody });
      const transport = new WebStandardStreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => void sessions.set(id, transport),
      });
      // The SDK's own types disagree about optional members under exactOptionalPropertyTypes.
      await serverOf(store).connect(transport as Parameters<McpServer['connect']>[0]);
      return transport.handleRequest(request, { parsedBody });
    },
    emit: async () => {},
    redefine: () => {},
    close: async () => {
      for (const transport of sessions.values()) await transport.close();
      store.cleanup();
    },
  };
}

function serverOf(taskStore: InMemoryTaskStore): McpServer {
  const mcp = new McpServer(
    { name: 'gatehouse-task-fixture', version: '1.0.0' },
    {
      capabilities: {
        tools: {},
        tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } },
      },
      taskStore,
      taskMessageQueue: new InMemoryTaskMessageQueue(),
    },
  );
  mcp.experimental.tasks.registerToolTask(
    'report',
    {
      description: 'Writes a report on somebody, which takes a while',
      inputSchema: { on: z.string() },
      execution: { taskSupport: 'required' },
    },
    {
      createTask: async ({ on }, extra) => {
        const task = await extra.taskStore.createTask({ ttl: TTL_MS, pollInterval: POLL_MS });
        const text = `${on} is reached at ${on}@example.com.`;
        const result = { content: [{ type: 'text' as const, text }] };
        if (on === ENDLESS) return { task };
        setTimeout(() => {
          // A task that was cancelled meanwhile takes no result.
          extra.taskStore.storeTaskResult(task.taskId, 'completed', result).catch(() => {});
        }, WORK_MS).unref();
        return { task };
      },
      getTask: async (_, extra) => extra.taskStore.getTask(extra.taskId),
      getTaskResult: async (_, extra) => {
        const result = await extra.taskStore.getTaskResult(extra.taskId);
        return result as { content: { type: 'text'; text: string }[] };
      },
    },
  );
  return mcp;
}
