// Makes sure that a server is there and speaks the revision before the suite runs: against a dead URL
// some scenarios pass, because they only look for an absence.

import {
  Client as ModernClient,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import type { RequirementSet } from './suite.ts';

const ME = { name: 'gatehouse-liveness', version: '1.0.0' };
const PROBE_TOOL = 'test_simple_text';

export interface Liveness {
  readonly revision: string;
  /** Names of the tools that this client may see. */
  readonly tools: readonly string[];
}

/** Connects with a real client, calls one tool and lists all; throws when any of it fails. */
export async function assertLive(url: string, revision: RequirementSet): Promise<Liveness> {
  const seen = await (revision === '2026-07-28' ? probeModern(url, revision) : probeLegacy(url));
  if (seen.revision !== revision) {
    throw new Error(`${url} negotiated ${seen.revision}, not ${revision}`);
  }
  if (!seen.tools.includes(PROBE_TOOL)) throw new Error(`${url} does not list ${PROBE_TOOL}`);
  return seen;
}

async function probeLegacy(url: string): Promise<Liveness> {
  const client = new LegacyClient(ME);
  const transport = new LegacyTransport(new URL(url));
  // SDK 1.x declares `sessionId` in a way that exactOptionalPropertyTypes does not take as Transport.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  try {
    const { tools } = await client.listTools();
    const result = await client.callTool({ name: PROBE_TOOL, arguments: {} });
    assertText(CallToolResultSchema.parse(result).content, url);
    return { revision: transport.protocolVersion ?? '', tools: tools.map(({ name }) => name) };
  } finally {
    await client.close();
  }
}

async function probeModern(url: string, revision: string): Promise<Liveness> {
  const client = new ModernClient(ME, { versionNegotiation: { mode: { pin: revision } } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  try {
    const { tools } = await client.listTools();
    const { content } = await client.callTool({ name: PROBE_TOOL, arguments: {} });
    assertText(content, url);
    const negotiated = client.getNegotiatedProtocolVersion() ?? '';
    return { revision: negotiated, tools: tools.map(({ name }) => name) };
  } finally {
    await client.close();
  }
}

function assertText(content: readonly { readonly type: string }[], url: string): void {
  if (content[0]?.type !== 'text') throw new Error(`${url}: ${PROBE_TOOL} gave no text`);
}
