import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
  UnauthorizedError as ModernUnauthorized,
} from '@modelcontextprotocol/client';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { expect } from 'chai';
import { challengeHeader } from '#core/identity/challenge.ts';
import { metadataUrl } from '#core/identity/resource-metadata.ts';
import { createTokenVerifier, type OidcTokenVerifier } from '#platform/oidc/token-verifier.ts';
import { answerWellKnown } from '#sidecar/metadata.ts';
import { ScriptedOAuthClient } from './oidc/scripted-oauth-client.ts';
import { type OidcProvider, startOidcProvider } from './oidc-provider.ts';
import { readBody, sendResponse, toRequest } from './web-bridge.ts';

describe('official clients that sign in', () => {
  let provider: OidcProvider;
  let verifier: OidcTokenVerifier;
  let resource: string;
  const server = createServer((req, res) => void answer(req, res).catch(() => res.destroy()));

  before(async () => {
    provider = await startOidcProvider();
    verifier = createTokenVerifier({
      issuers: [{ name: 'corp', issuer: provider.issuer }],
      allowPlainHttp: false,
      now: Date.now,
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    resource = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  });

  after(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await Promise.all([closed, verifier.close(), provider.close()]);
  });

  /** A protected MCP server that knows one thing: who is asking. */
  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const published = answerWellKnown(
      {
        method: req.method ?? '',
        target: req.url ?? '',
        headers: req.headersDistinct,
        address: '',
      },
      {
        publicUrls: [resource],
        issuers: [provider.issuer],
        scopes: ['mcp:read'],
        jwks: { keys: [] },
      },
    );
    if (published !== undefined) {
      res.writeHead(published.status, published.headers).end(published.body);
      return;
    }
    if (req.url !== '/mcp') {
      res.writeHead(404).end();
      return;
    }
    const token = req.headers.authorization?.replace(/^Bearer /, '');
    const verdict =
      token === undefined ? undefined : await verifier.verify(token, { audiences: [resource] });
    if (!verdict?.ok) {
      const challenge = challengeHeader({
        cause: verdict === undefined ? 'token_missing' : 'token_invalid',
        resourceMetadata: metadataUrl(resource),
        scopes: ['mcp:read'],
        ...(verdict === undefined ? {} : { description: verdict.reason }),
      });
      res.writeHead(401, { 'www-authenticate': challenge }).end();
      return;
    }
    const { subject, scopes } = verdict.principal;
    await serveMcp(req, res, `${subject} with ${scopes.join(' ')}`);
  }

  it('get in on SDK 1.x', async () => {
    const host = new ScriptedOAuthClient(provider, 'bob');
    const client = new Client({ name: 'legacy', version: '1' });
    const url = new URL(resource);
    const first = new StreamableHTTPClientTransport(url, { authProvider: host });

    const refused = await client.connect(first).catch((error: unknown) => error);
    await first.finishAuth(host.callback.get('code') ?? '');
    await client.connect(new StreamableHTTPClientTransport(url, { authProvider: host }));
    const result = await client.callTool({ name: 'whoami' });
    await client.close();

    expect(refused).to.be.instanceOf(UnauthorizedError);
    expect(host.opened[0]?.searchParams.get('resource')).to.equal(resource);
    expect(result.content).to.deep.equal([{ type: 'text', text: 'bob with mcp:read' }]);
  });

  it('get in on SDK 2.x', async () => {
    const host = new ScriptedOAuthClient(provider, 'alice');
    const url = new URL(resource);
    const first = new ModernTransport(url, { authProvider: host });

    const refused = await new ModernClient({ name: 'modern', version: '2' })
      .connect(first)
      .catch((error: unknown) => error);
    await first.finishAuth(host.callback);
    const client = new ModernClient({ name: 'modern', version: '2' });
    await client.connect(new ModernTransport(url, { authProvider: host }));
    const result = await client.callTool({ name: 'whoami' });
    await client.close();

    expect(refused).to.be.instanceOf(ModernUnauthorized);
    expect(result.content).to.deep.equal([{ type: 'text', text: 'alice with mcp:read' }]);
  });
});

async function serveMcp(req: IncomingMessage, res: ServerResponse, who: string): Promise<void> {
  const body = await readBody(req);
  const mcp = new McpServer({ name: 'whoami', version: '1' });
  mcp.registerTool('whoami', {}, () => ({ content: [{ type: 'text', text: who }] }));
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  await mcp.connect(transport);
  const aborted = new AbortController();
  res.once('close', () => aborted.abort());
  const parsedBody: unknown =
    body.length === 0 ? undefined : JSON.parse(Buffer.from(body).toString());
  await sendResponse(
    res,
    await transport.handleRequest(toRequest(req, body, aborted.signal), { parsedBody }),
  );
}
