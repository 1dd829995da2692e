// An MCP server of the legacy era on SDK 1.x: sessions, answers over SSE, the GET stream, resuming.
// Exposes all that the conformance suite asks of 2025-11-25, and the demo tools of the journeys.

import { randomUUID } from 'node:crypto';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { isInitializeRequest, NotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Journal } from './content/journal.ts';
import { createLegacyServer, type LegacyServer } from './legacy/create-server.ts';
import { MemoryEventStore } from './legacy/event-store.ts';
import { runFixture } from './run-fixture.ts';
import { type Fixture, type McpFace, serve } from './serve.ts';

export interface LegacyOptions {
  readonly port?: number;
  /** Milliseconds between keep-alive comments on streams; 0 keeps silent streams silent. */
  readonly keepAliveMs?: number;
  /** Answer requests as JSON instead of SSE. */
  readonly json?: boolean;
}

/** A client that never ends its sessions must not grow the fixture; the oldest one goes. */
const MAX_SESSIONS = 256;
/** How soon a client should come back to a stream that was closed on it. */
const RETRY_MS = 500;

export function start(options: LegacyOptions = {}): Promise<Fixture> {
  return serve((journal) => new Sessions(journal, options), options);
}

interface Session {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly server: LegacyServer;
}

class Sessions implements McpFace {
  readonly #sessions = new Map<string, Session>();
  readonly #journal: Journal;
  readonly #options: LegacyOptions;
  readonly #wording = new Map<string, string | undefined>();

  constructor(journal: Journal, options: LegacyOptions) {
    this.#journal = journal;
    this.#options = options;
  }

  async fetch(request: Request, parsedBody: unknown): Promise<Response> {
    const id = request.headers.get('mcp-session-id');
    if (id !== null) {
      const session = this.#sessions.get(id);
      if (!session) return notFound();
      return session.transport.handleRequest(request, { parsedBody });
    }
    // A transport that saw no initialize refuses everything else, in the SDK's own words.
    const transport = await this.#open(isInitializeRequest(parsedBody));
    return transport.handleRequest(request, { parsedBody });
  }

  /** Sends a notification on the GET stream of every session. */
  async emit(event: unknown): Promise<void> {
    const notification = NotificationSchema.parse(event);
    for (const { server } of this.#sessions.values()) await server.announce(notification);
  }

  redefine(tool: string, description: string | undefined): void {
    this.#wording.set(tool, description);
    for (const { server } of this.#sessions.values()) server.redefine(tool, description);
  }

  async close(): Promise<void> {
    for (const { transport } of this.#sessions.values()) await transport.close();
    this.#sessions.clear();
  }

  async #open(keep: boolean): Promise<WebStandardStreamableHTTPServerTransport> {
    const { keepAliveMs, json } = this.#options;
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: new MemoryEventStore(),
      retryInterval: RETRY_MS,
      ...(keepAliveMs === undefined ? {} : { keepAliveMs }),
      ...(json === undefined ? {} : { enableJsonResponse: json }),
      onsessioninitialized: (id) => {
        if (keep) this.#remember(id, { transport, server });
      },
      onsessionclosed: (id) => {
        this.#sessions.delete(id);
      },
    });
    const server = createLegacyServer(this.#journal, (id) => transport.closeSSEStream(id));
    for (const [tool, description] of this.#wording) server.redefine(tool, description);
    await server.connect(transport);
    return transport;
  }

  #remember(id: string, session: Session): void {
    const [oldest] = this.#sessions;
    if (oldest && this.#sessions.size === MAX_SESSIONS) {
      this.#sessions.delete(oldest[0]);
      void oldest[1].transport.close();
    }
    this.#sessions.set(id, session);
  }
}

function notFound(): Response {
  const error = { code: -32001, message: 'Session not found' };
  return Response.json({ jsonrpc: '2.0', error, id: null }, { status: 404 });
}

if (import.meta.main) await runFixture(start);
