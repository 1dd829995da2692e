// Tools that need the legacy era: they ask the client while a call runs, or hang up in the middle.

import { setTimeout as delay } from 'node:timers/promises';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  CreateMessageResultSchema,
  type ElicitRequestFormParams,
  ElicitResultSchema,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { DEFAULTS_FORM, ENUMS_FORM, question, USER_FORM } from '#e2e/servers/content/questions.ts';
import { text } from '#e2e/servers/content/tool.ts';
import type { Extra } from './create-server.ts';

/** Long enough for the client to notice, short against its retry. */
const AWAY_MS = 100;

export function registerAskingTools(mcp: McpServer, hangUp: (id: RequestId) => void): void {
  registerSampling(mcp);
  registerElicitation(mcp);
  mcp.registerTool(
    'test_reconnection',
    { description: 'Closes the stream it is answered on, then answers: clients must come back.' },
    async (extra) => {
      hangUp(extra.requestId);
      await delay(AWAY_MS);
      return text('The answer waited for the client to come back.');
    },
  );
  mcp.registerTool(
    'test_trigger_tool_change',
    { description: 'Announces that the list of tools changed.' },
    () => {
      mcp.sendToolListChanged();
      return text('Announced.');
    },
  );
  mcp.registerTool(
    'test_trigger_prompt_change',
    { description: 'Announces that the list of prompts changed.' },
    () => {
      mcp.sendPromptListChanged();
      return text('Announced.');
    },
  );
}

function registerSampling(mcp: McpServer): void {
  mcp.registerTool(
    'test_sampling',
    {
      description: "Asks the client's model and says what it answered.",
      inputSchema: { prompt: z.string() },
    },
    async ({ prompt }, extra) => {
      const { content } = await extra.sendRequest(
        { method: 'sampling/createMessage', params: question(prompt) },
        CreateMessageResultSchema,
      );
      return text(`LLM response: ${content.type === 'text' ? content.text : content.type}`);
    },
  );
}

function registerElicitation(mcp: McpServer): void {
  mcp.registerTool(
    'test_elicitation',
    {
      description: 'Asks the user and says what they answered.',
      inputSchema: { message: z.string() },
    },
    async ({ message }, extra) =>
      text(`User response: ${await ask(extra, { message, requestedSchema: USER_FORM })}`),
  );
  mcp.registerTool(
    'test_elicitation_sep1034_defaults',
    { description: 'Asks with a default in each field.' },
    async (extra) => {
      const message = 'Please review the form.';
      const answer = await ask(extra, { message, requestedSchema: DEFAULTS_FORM });
      return text(`Elicitation completed: ${answer}`);
    },
  );
  mcp.registerTool(
    'test_elicitation_sep1330_enums',
    { description: 'Asks with every kind of choice.' },
    async (extra) => {
      const message = 'Please choose.';
      const answer = await ask(extra, { message, requestedSchema: ENUMS_FORM });
      return text(`Elicitation completed: ${answer}`);
    },
  );
}

async function ask(extra: Extra, params: ElicitRequestFormParams): Promise<string> {
  const { action, content } = await extra.sendRequest(
    { method: 'elicitation/create', params },
    ElicitResultSchema,
  );
  return `action=${action}, content=${JSON.stringify(content ?? {})}`;
}
