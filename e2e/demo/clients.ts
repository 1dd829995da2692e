// The official SDK clients of both eras, unchanged, with a transport that remembers in what shape
// each answer came.

import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

export interface CallResult {
  readonly text: string;
  readonly isError: boolean;
  /** Progress notifications that came before the answer. */
  readonly progress: number;
  /** Content type of the HTTP answer. */
  readonly contentType: string;
}

export interface DemoClient {
  readonly era: 'legacy' | 'modern';
  readonly revision: string;
  tools(): Promise<readonly string[]>;
  /** Rejects with the JSON-RPC error, which has a `code`. */
  call(name: string, args: Record<string, unknown>): Promise<CallResult>;
  close(): Promise<void>;
}

const INFO = { name: 'gatehouse-demo', version: '1.0.0' };

/** `fetch` that notes the content type of the last answer to a POST. */
function noting(note: (contentType: string) => void): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (init?.method === 'POST' && response.status === 200) {
      note(response.headers.get('content-type')?.split(';')[0] ?? '');
    }
    return response;
  };
}

interface CallParams {
  name: string;
  arguments: Record<string, unknown>;
}

/** What the demo asks of either SDK's client; their signatures differ. */
interface SdkClient {
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(params: CallParams, onprogress: () => void): Promise<unknown>;
  close(): Promise<void>;
}

function demoClient(
  client: SdkClient,
  era: DemoClient['era'],
  revision: string,
  contentType: () => string,
): DemoClient {
  return {
    era,
    revision,
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args) => {
      let progress = 0;
      const result = (await client.callTool({ name, arguments: args }, () => {
        progress += 1;
      })) as { content?: { text?: string }[]; isError?: boolean };
      return {
        progress,
        text: result.content?.map(({ text = '' }) => text).join('\n') ?? '',
        isError: result.isError === true,
        contentType: contentType(),
      };
    },
    close: () => client.close(),
  };
}

export async function connectLegacy(url: string, token: string): Promise<DemoClient> {
  let contentType = '';
  const client = new LegacyClient(INFO);
  const transport = new LegacyTransport(new URL(url), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
    fetch: noting((seen) => {
      contentType = seen;
    }),
  });
  // The SDK's own types disagree about optional members under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  const revision = transport.protocolVersion ?? '';
  const sdk: SdkClient = {
    listTools: () => client.listTools(),
    callTool: (params, onprogress) => client.callTool(params, undefined, { onprogress }),
    close: () => client.close(),
  };
  return demoClient(sdk, 'legacy', revision, () => contentType);
}

export async function connectModern(url: string, token: string): Promise<DemoClient> {
  let contentType = '';
  const client = new ModernClient(INFO, { versionNegotiation: { mode: 'auto' } });
  const transport = new ModernTransport(new URL(url), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
    fetch: noting((seen) => {
      contentType = seen;
    }),
  });
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  const revision = client.getNegotiatedProtocolVersion() ?? '';
  const sdk: SdkClient = {
    listTools: () => client.listTools(),
    callTool: (params, onprogress) => client.callTool(params, { onprogress }),
    close: () => client.close(),
  };
  return demoClient(sdk, 'modern', revision, () => contentType);
}
