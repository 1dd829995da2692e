// Builds POSTs of the modern era and puts them to the SDK's own server, without a network.

import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import type { HeaderValues } from './header-values.ts';
import { type CheckedHeaders, checkHeaders } from './headers.ts';
import { parseMessage } from './message.ts';
import type { JsonObject, Message } from './messages.ts';

export const VERSION = 'io.modelcontextprotocol/protocolVersion';
export const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
export const MODERN = '2026-07-28';
export const META = { [VERSION]: MODERN, [CAPABILITIES]: {} };

export type Headers = Readonly<Record<string, string | readonly string[]>>;

export interface Case {
  readonly name: string;
  readonly headers: Headers;
  readonly body: JsonObject;
  /** Set where the SDK server is known to differ, with the reason in the case's name. */
  readonly onlyHere?: true;
}

export interface RefusedCase extends Case {
  readonly code: number;
  readonly reason: RegExp;
}

export const request = (method: string, params: JsonObject = { _meta: META }): JsonObject => ({
  jsonrpc: '2.0',
  id: 1,
  method,
  params,
});
export const note = (method: string, params?: JsonObject): JsonObject => ({
  jsonrpc: '2.0',
  method,
  ...(params === undefined ? {} : { params }),
});
export const modern = (method: string, others: Headers = {}): Headers => ({
  'mcp-protocol-version': MODERN,
  'mcp-method': method,
  ...others,
});
export const callOf = (name: string): JsonObject => request('tools/call', { name, _meta: META });
export const named = (name: string): Headers => modern('tools/call', { 'mcp-name': name });
export const base64 = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`;

export function check(headers: Headers, body: JsonObject): CheckedHeaders {
  return checkHeaders({ headers: values(headers), message: messageOf(body) });
}

export function values(headers: Headers): HeaderValues {
  const entries = Object.entries(headers).map(([name, value]) => [name, [value].flat()]);
  return Object.fromEntries(entries);
}

export function messageOf(body: JsonObject): Message {
  const parsed = parseMessage(body);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.message;
}

/** What the 2026-07-28 server answers; a call of a tool it does not have is served with 200 too. */
export async function ask(headers: Headers, body: JsonObject) {
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'fixture', version: '1.0.0' });
    server.registerTool('add', {}, () => ({ content: [] }));
    return server;
  });
  const response = await handler.fetch(
    new Request('http://localhost/mcp', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, String(value)]),
        ),
      },
      body: JSON.stringify(body),
    }),
  );
  const text = await response.text();
  await handler.close();
  const found = /"code":(-?\d+)/.exec(text);
  return { status: response.status, code: found === null ? undefined : Number(found[1]) };
}
