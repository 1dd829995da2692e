import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect } from 'chai';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import { ScriptedOAuthClient } from '#e2e/servers/oidc/scripted-oauth-client.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { type Rig, startRig } from './rig.ts';

const SPEC = {
  rules: [
    {
      name: 'readers',
      effect: 'Allow' as const,
      match: { tools: ['whoami', 'echo'] },
      subjects: { scopes: ['mcp:read'] },
    },
    {
      name: 'administrators',
      effect: 'Allow' as const,
      match: { tools: ['counter'] },
      subjects: { scopes: ['mcp:read', 'mcp:admin'] },
    },
  ],
};

interface Era {
  readonly name: string;
  readonly server: () => Promise<Fixture>;
  readonly connect: (url: string, host: ScriptedOAuthClient, fetched: typeof fetch) => Host;
}

/** What a host does with either SDK: try, sign in when it must, try again. */
interface Host {
  connect(): Promise<unknown>;
  finish(): Promise<void>;
  call(name: string): Promise<unknown>;
  close(): Promise<void>;
}

function legacyHost(url: string, host: ScriptedOAuthClient, fetched: typeof fetch): Host {
  const client = new LegacyClient({ name: 'host', version: '1' });
  const newTransport = () =>
    new LegacyTransport(new URL(url), { authProvider: host, fetch: fetched });
  let transport = newTransport();
  return {
    connect: () => {
      transport = newTransport();
      return client.connect(transport as Parameters<typeof client.connect>[0]);
    },
    finish: () => transport.finishAuth(host.callback.get('code') ?? ''),
    call: (name) => client.callTool({ name, arguments: {} }),
    close: () => client.close(),
  };
}

function modernHost(url: string, host: ScriptedOAuthClient, fetched: typeof fetch): Host {
  const client = new ModernClient(
    { name: 'host', version: '1' },
    { versionNegotiation: { mode: 'auto' } },
  );
  const newTransport = () =>
    new ModernTransport(new URL(url), { authProvider: host, fetch: fetched });
  let transport = newTransport();
  return {
    connect: () => {
      transport = newTransport();
      return client.connect(transport);
    },
    finish: () => transport.finishAuth(host.callback),
    call: (name) => client.callTool({ name, arguments: {} }),
    close: () => client.close(),
  };
}

const ERAS: readonly Era[] = [
  { name: 'legacy', server: () => startLegacy(), connect: legacyHost },
  { name: 'modern', server: () => startModern(), connect: modernHost },
];

for (const era of ERAS) {
  describe(`an unmodified ${era.name} host without a token`, () => {
    let rig: Rig<Fixture>;
    before(async () => {
      rig = await startRig({ server: era.server, specs: [SPEC] });
    });
    after(() => rig?.close());

    for (const name of ['127.0.0.1', 'localhost']) {
      it(`finds its way in at ${name} by what Gatehouse says alone`, async () => {
        const url = rig.url.replace('127.0.0.1', name);
        const steps: string[] = [];
        const signedIn = new ScriptedOAuthClient(rig.provider, 'alice');
        const host = era.connect(url, signedIn, noting(steps));

        const refused = await host.connect().catch((error: unknown) => error);
        await host.finish();
        await host.connect();
        const result = await host.call('whoami');
        await host.close();

        expect(refused).to.be.instanceOf(Error);
        expect(signedIn.opened).to.have.length(1);
        const asked = signedIn.opened[0]?.searchParams;
        expect(asked?.get('resource')).to.equal(url);
        expect(asked?.get('code_challenge_method')).to.equal('S256');
        expect(asked?.get('scope')?.split(' ')).to.include.members(['mcp:read', 'mcp:admin']);
        expect(steps.slice(0, 5)).to.deep.equal([
          'POST /mcp 401',
          'GET /.well-known/oauth-protected-resource/mcp 200',
          'GET /.well-known/oauth-authorization-server 200',
          'POST /reg 201',
          'POST /token 200',
        ]);
        expect(JSON.stringify(result)).to.include('alice');
      });
    }

    it('is told every scope that a call needs, gets them, and is let through', async () => {
      const signedIn = new ScriptedOAuthClient(rig.provider, 'alice');
      const token = await rig.token('alice', { scope: 'mcp:read' });
      const { issuer } = rig.provider;
      signedIn.saveTokens({ access_token: token, token_type: 'Bearer', issuer });
      const steps: string[] = [];
      const host = era.connect(rig.url, signedIn, noting(steps));
      await host.connect();

      const refused = await host.call('counter').catch((error: unknown) => error);
      const ranBefore = rig.server.journal.executions('counter');
      await host.finish();
      const result = await host.call('counter');
      await host.close();

      expect(refused).to.be.instanceOf(Error);
      expect(steps).to.include('POST /mcp 403');
      expect(ranBefore).to.equal(0);
      expect(signedIn.opened[0]?.searchParams.get('scope')?.split(' ')).to.include.members([
        'mcp:read',
        'mcp:admin',
      ]);
      expect(JSON.stringify(result)).to.include('"1"');
      const outcomes = (await rig.concluded('tool:counter', 2)).map(({ outcome }) => ({
        status: outcome?.outcome?.status,
        refusal: outcome?.outcome?.refusal,
      }));
      expect(outcomes).to.deep.equal([
        { status: 'refused', refusal: 'scope_insufficient' },
        { status: 'ok', refusal: undefined },
      ]);
    });
  });
}

/** `fetch` that writes down method, path and status of each step. */
function noting(steps: string[]): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const url = new URL(input instanceof Request ? input.url : input);
    steps.push(`${init?.method ?? 'GET'} ${url.pathname} ${response.status}`);
    return response;
  };
}
