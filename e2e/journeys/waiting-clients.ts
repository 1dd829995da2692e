// The official SDK clients of both eras as their users have them, with their default time-outs, calling
// tools that may have to wait.

import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

export interface ToolAnswer {
  readonly text: string;
  readonly isError: boolean;
  /** `_meta["gatehouse.dev/approval"]`: of a result that says "not yet". */
  readonly approval?: { readonly id: string; readonly url: string; readonly expiresAt: string };
}

/** Of `RequestOptions`, what both SDKs have. */
export interface CallOptions {
  readonly onprogress?: (progress: { progress: number; message?: string | undefined }) => void;
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

export interface WaitingClient {
  call(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<ToolAnswer>;
  /** Legacy: ends the session with DELETE. */
  endSession(): Promise<void>;
  close(): Promise<void>;
}

const INFO = { name: 'journey', version: '1.0.0' };

export async function legacyClient(url: string, token: string): Promise<WaitingClient> {
  const client = new LegacyClient(INFO);
  const transport = new LegacyTransport(new URL(url), { requestInit: bearing(token) });
  // The SDK's own types disagree about optional members under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return {
    call: async (name, args = {}, options = {}) =>
      answerOf(await client.callTool({ name, arguments: args }, undefined, options)),
    endSession: () => transport.terminateSession(),
    close: () => client.close(),
  };
}

/** `answer` is what its user says whenever the server asks something. */
export async function modernClient(
  url: string,
  token: string,
  answer?: () => Record<string, string | boolean>,
): Promise<WaitingClient> {
  const capabilities = answer === undefined ? {} : { elicitation: {} };
  const client = new ModernClient(INFO, { capabilities, versionNegotiation: { mode: 'auto' } });
  if (answer !== undefined) {
    client.setRequestHandler('elicitation/create', async () => ({
      action: 'accept',
      content: answer(),
    }));
  }
  const transport = new ModernTransport(new URL(url), { requestInit: bearing(token) });
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return {
    call: async (name, args = {}, options = {}) =>
      answerOf(await client.callTool({ name, arguments: args }, options)),
    endSession: () => transport.terminateSession(),
    close: () => client.close(),
  };
}

function bearing(token: string): RequestInit {
  return { headers: { authorization: `Bearer ${token}` } };
}

function answerOf(result: unknown): ToolAnswer {
  const { content, isError, _meta } = result as {
    content?: { text?: string }[];
    isError?: boolean;
    _meta?: Record<string, unknown>;
  };
  const approval = _meta?.['gatehouse.dev/approval'] as ToolAnswer['approval'];
  return {
    text: content?.map(({ text = '' }) => text).join('\n') ?? '',
    isError: isError === true,
    ...(approval === undefined ? {} : { approval }),
  };
}
