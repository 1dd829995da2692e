// An MCP server of the modern era (2026-07-28) on SDK 2.x: stateless, JSON until a tool has something
// to say before its answer, then SSE. Exposes what the conformance suite asks, and the demo tools.

import { createMcpHandler, type McpHttpHandler } from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { Journal } from './content/journal.ts';
import { createModernServer } from './modern/create-server.ts';
import { requestStates } from './modern/request-states.ts';
import { runFixture } from './run-fixture.ts';
import { type Fixture, type McpFace, type Serving, serve } from './serve.ts';

export interface ModernOptions extends Serving {
  /** Milliseconds between keep-alive comments on streams; 0 keeps silent streams silent. */
  readonly keepAliveMs?: number;
  /** Serve clients of the legacy era too, without sessions; otherwise they are refused by name. */
  readonly legacy?: boolean;
}

/** What POST /__event may announce to the open subscriptions. */
const Event = z.union([
  z.object({ kind: z.enum(['tools_list_changed', 'prompts_list_changed']) }),
  z.object({ kind: z.literal('resource_updated'), uri: z.string() }),
]);

export function start(options: ModernOptions = {}): Promise<Fixture> {
  return serve((journal) => modernFace(journal, options), options);
}

function modernFace(journal: Journal, { keepAliveMs, legacy }: ModernOptions): McpFace {
  const states = requestStates();
  const wording = new Map<string, string>();
  const handler: McpHttpHandler = createMcpHandler(
    () => createModernServer({ journal, states, wording, notify: () => handler.notify }),
    {
      legacy: legacy ? 'stateless' : 'reject',
      ...(keepAliveMs === undefined ? {} : { keepAliveMs }),
    },
  );
  return {
    fetch: (request, parsedBody) => handler.fetch(request, { parsedBody }),
    emit: async (event) => handler.bus.publish(Event.parse(event)),
    redefine: (tool, description) => {
      if (description === undefined) wording.delete(tool);
      else wording.set(tool, description);
    },
    close: () => handler.close(),
  };
}

if (import.meta.main) await runFixture(start);
