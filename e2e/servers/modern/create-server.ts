// One MCP server of SDK 2.x with everything registered: one is made for each request.

import {
  completable,
  McpServer,
  type RequestStateCodec,
  ResourceTemplate,
  type ServerContext,
  type ServerNotifier,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import { demoTools } from '#e2e/servers/content/demo-tools.ts';
import type { Journal } from '#e2e/servers/content/journal.ts';
import { schemaTools } from '#e2e/servers/content/json-schema.ts';
import { plainTools } from '#e2e/servers/content/plain-tools.ts';
import { type FixturePrompt, prompts, suggestions } from '#e2e/servers/content/prompts.ts';
import { recordTemplate, resources } from '#e2e/servers/content/resources.ts';
import type { Call } from '#e2e/servers/content/tool.ts';
import { registerCapabilityTools } from './capability-tools.ts';
import type { RoundState } from './request-states.ts';
import { registerRoundTools } from './round-tools.ts';
import { registerTasks } from './tasks.ts';
import { registerTriggers } from './triggers.ts';

export interface ModernParts {
  readonly journal: Journal;
  readonly states: RequestStateCodec<RoundState>;
  /** Descriptions of tools in place of their own. */
  readonly wording: ReadonlyMap<string, string>;
  notify(): ServerNotifier;
}

export function createModernServer({ journal, states, wording, notify }: ModernParts): McpServer {
  const mcp = new McpServer(
    { name: 'gatehouse-modern-fixture', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        prompts: { listChanged: true },
        logging: {},
        completions: {},
      },
      requestState: { verify: states.verify },
      // The same for everyone who asks, which is what makes a filtering gateway rewrite it.
      cacheHints: { 'tools/list': { ttlMs: 60_000, cacheScope: 'public' } },
    },
  );
  for (const { name, run, ...tool } of [...plainTools, ...schemaTools, ...demoTools]) {
    const description = wording.get(name) ?? tool.description;
    mcp.registerTool(name, { ...tool, description }, (args, ctx) =>
      run(args, callOf(ctx, journal)),
    );
  }
  registerRoundTools(mcp, states);
  registerCapabilityTools(mcp);
  registerTriggers(mcp, notify);
  registerResources(mcp);
  registerPrompts(mcp);
  registerTasks(mcp);
  return mcp;
}

function callOf({ mcpReq, http }: ServerContext, journal: Journal): Call {
  const progressToken = mcpReq._meta?.progressToken;
  return {
    headers: Object.fromEntries(http?.req?.headers ?? []),
    signal: mcpReq.signal,
    journal,
    progress: async (progress, total) => {
      if (progressToken === undefined) return;
      await mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken, progress, total },
      });
    },
    log: (line) => mcpReq.log('info', line),
  };
}

function registerResources(mcp: McpServer): void {
  for (const { name, uri, description, mimeType, body } of resources) {
    mcp.registerResource(name, uri, { description, mimeType }, () => ({
      contents: [{ uri, mimeType, ...body }],
    }));
  }
  const { name, uriTemplate, description, mimeType } = recordTemplate;
  const template = new ResourceTemplate(uriTemplate, { list: undefined });
  mcp.registerResource(name, template, { description, mimeType }, (uri, { id }) => ({
    contents: [{ uri: uri.href, mimeType, text: recordTemplate.text(String(id)) }],
  }));
}

/** The SDK marks a schema as completable in place and only once, hence not once per request. */
const completing = prompts.map((prompt) => ({ prompt, argsSchema: withCompletions(prompt) }));

function registerPrompts(mcp: McpServer): void {
  for (const { prompt, argsSchema } of completing) {
    const { name, description, messages } = prompt;
    mcp.registerPrompt(name, { description, argsSchema }, (args) => ({ messages: messages(args) }));
  }
}

function withCompletions({ argsSchema }: FixturePrompt) {
  return z.object(
    Object.fromEntries(
      Object.entries(argsSchema.shape).map(([argument, schema]) => [
        argument,
        completable(schema.clone(), (value) => suggestions(argument, value ?? '')),
      ]),
    ),
  );
}
