// Knows tasks and has none, as the extension wants it said (io.modelcontextprotocol/tasks, "Error Handling").

import { type McpServer, ProtocolError } from '@modelcontextprotocol/server';
import * as z from 'zod';

const INVALID_PARAMS = -32602;

export function registerTasks(mcp: McpServer): void {
  const params = z.object({ taskId: z.string() });
  mcp.server.setRequestHandler('tasks/get', { params }, () => {
    throw new ProtocolError(INVALID_PARAMS, 'Failed to retrieve task: Task not found');
  });
}
