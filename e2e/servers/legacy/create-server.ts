// One MCP server of SDK 1.x with everything registered: a session's server.

import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  type Notification,
  type RequestId,
  type ServerNotification,
  type ServerRequest,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { demoTools } from '#e2e/servers/content/demo-tools.ts';
import type { Journal } from '#e2e/servers/content/journal.ts';
import { schemaTools } from '#e2e/servers/content/json-schema.ts';
import { plainTools } from '#e2e/servers/content/plain-tools.ts';
import { recordTemplate, resources } from '#e2e/servers/content/resources.ts';
import type { Call } from '#e2e/servers/content/tool.ts';
import { registerAskingTools } from './asking-tools.ts';
import { registerPrompts } from './prompts.ts';

export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

export interface LegacyServer {
  connect(transport: Transport): Promise<void>;
  /** Sends on the session's GET stream; without one, the event waits for it in the store. */
  announce(notification: Notification): Promise<void>;
  /** Describes a tool in these words, or in its own again. */
  redefine(tool: string, description: string | undefined): void;
}

/** `hangUp` closes the stream a request is answered on, before its answer. */
export function createLegacyServer(
  journal: Journal,
  hangUp: (id: RequestId) => void,
): LegacyServer {
  const mcp = new McpServer(
    { name: 'gatehouse-legacy-fixture', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        prompts: { listChanged: true },
        logging: {},
        completions: {},
      },
    },
  );
  const shared = [...plainTools, ...schemaTools, ...demoTools];
  const registered = shared.map(({ name, run, ...definition }) =>
    mcp.registerTool(name, definition, (args, extra) => run(args, callOf(extra, journal))),
  );
  registerAskingTools(mcp, hangUp);
  registerResources(mcp);
  registerPrompts(mcp);
  return {
    connect: (transport) => mcp.connect(transport),
    announce: (notification) => mcp.server.notification(notification),
    redefine: (tool, description) => {
      const at = shared.findIndex(({ name }) => name === tool);
      const [own, current] = [shared[at], registered[at]];
      // Not by its `update`, which would announce it.
      if (own && current) current.description = description ?? own.description;
    },
  };
}

function callOf(extra: Extra, journal: Journal): Call {
  const progressToken = extra._meta?.progressToken;
  return {
    headers: flatten(extra.requestInfo?.headers ?? {}),
    signal: extra.signal,
    journal,
    progress: async (progress, total) => {
      if (progressToken === undefined) return;
      await extra.sendNotification({
        method: 'notifications/progress',
        params: { progressToken, progress, total },
      });
    },
    log: (data) =>
      extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data } }),
  };
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const pairs = Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]);
  return Object.fromEntries(pairs);
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
  mcp.server.setRequestHandler(SubscribeRequestSchema, () => ({}));
  mcp.server.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
}
