// The one call that is measured: a tools/call of the modern era with a body and an answer of 1 KB, and the
// headers that clients send with it.

const SIZE_BYTES = 1024;
const TOOL = 'echo';
const REVISION = '2026-07-28';

export interface MeasuredCall {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What the server at the far end answers, always. */
  readonly reply: string;
}

export function measuredCall(token: string): MeasuredCall {
  const call = (message: string) => ({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: {
      name: TOOL,
      arguments: { message },
      _meta: {
        'io.modelcontextprotocol/protocolVersion': REVISION,
        'io.modelcontextprotocol/clientCapabilities': {},
        'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
      },
    },
  });
  const answer = (text: string) => ({
    jsonrpc: '2.0',
    id: 1,
    result: { resultType: 'complete', content: [{ type: 'text', text }] },
  });
  return {
    headers: {
      Authorization: `Bearer ${token}`,
      Accept: 'application/json, text/event-stream',
      'Content-Type': 'application/json',
      'MCP-Protocol-Version': REVISION,
      'Mcp-Method': 'tools/call',
      'Mcp-Name': TOOL,
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    },
    body: padded(call),
    reply: padded(answer),
  };
}

/** JSON of exactly SIZE_BYTES. */
function padded(write: (text: string) => unknown): string {
  const bare = JSON.stringify(write('')).length;
  return JSON.stringify(write('x'.repeat(SIZE_BYTES - bare)));
}
