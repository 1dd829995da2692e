// Tools that announce a change to the open subscriptions.

import type { McpServer, ServerNotifier } from '@modelcontextprotocol/server';
import { text } from '#e2e/servers/content/tool.ts';

export function registerTriggers(mcp: McpServer, notify: () => ServerNotifier): void {
  mcp.registerTool(
    'test_trigger_tool_change',
    { description: 'Announces that the list of tools changed.' },
    () => {
      notify().toolsChanged();
      return text('Announced.');
    },
  );
  mcp.registerTool(
    'test_trigger_prompt_change',
    { description: 'Announces that the list of prompts changed.' },
    () => {
      notify().promptsChanged();
      return text('Announced.');
    },
  );
}
