import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { type Rig, startRig } from './rig.ts';
import { callTool, jsonHeaders, modern, send } from './wire.ts';

const PAGE = 'https://app.example';
const METADATA = '/.well-known/oauth-protected-resource';
const NAMES = ['127.0.0.1', 'localhost'];

describe('the door of the gateway', () => {
  let rig: Rig<Fixture>;
  before(async () => {
    rig = await startRig({
      server: () => startModern(),
      specs: [
        {
          server: { allowedOrigins: [PAGE] },
          rules: [
            { name: 'all', effect: 'Allow', match: { tools: ['*'] } },
            {
              name: 'm',
              effect: 'Allow',
              match: { tools: ['x'] },
              subjects: { scopes: ['mcp:x'] },
            },
          ],
        },
      ],
    });
  });
  after(() => rig?.close());

  for (const name of NAMES) {
    for (const path of [METADATA, `${METADATA}/mcp`]) {
      it(`names the resource as it was dialled: ${name}, ${path}`, async () => {
        const host = `${name}:${rig.gatehouse.port}`;

        const answer = await send(rig.url, { method: 'GET', path, headers: [['host', host]] });

        expect(answer.status).to.equal(200);
        expect(answer.headers['access-control-allow-origin']).to.equal('*');
        expect(JSON.parse(answer.text)).to.deep.equal({
          resource: `http://${host}/mcp`,
          authorization_servers: [rig.provider.issuer],
          scopes_supported: ['mcp:x'],
          bearer_methods_supported: ['header'],
        });
      });
    }

    it(`sends a stranger who dialled ${name} to the metadata of that name`, async () => {
      const host = `${name}:${rig.gatehouse.port}`;
      const { headers, body } = modern('none', callTool('echo'));
      const anonymous = headers.filter(([header]) => header !== 'authorization');

      const answer = await send(rig.url, { headers: [['host', host], ...anonymous], body });

      expect(answer.status).to.equal(401);
      expect(answer.headers['www-authenticate']).to.equal(
        `Bearer scope="mcp:x", resource_metadata="http://${host}${METADATA}/mcp"`,
      );
    });
  }

  it('says nothing under a name that is not its own', async () => {
    const foreign = [['host', 'evil.example']] as const;

    const metadata = await send(rig.url, { method: 'GET', path: METADATA, headers: foreign });
    const call = await send(rig.url, { headers: [...foreign, ...jsonHeaders('x')], body: '{}' });

    expect([metadata.status, call.status]).to.deep.equal([403, 403]);
    expect(metadata.text).not.to.include(rig.provider.issuer);
    expect(call.headers).not.to.have.property('www-authenticate');
  });

  const elsewhere = [
    ['/.well-known/oauth-authorization-server', 404],
    ['/.well-known/oauth-protected-resource/other', 404],
    ['/', 404],
    ['/mcp/', 404],
  ] as const;
  for (const [path, status] of elsewhere) {
    it(`has nothing at ${path}, and asks the server for nothing there`, async () => {
      rig.server.journal.clear();

      const answer = await send(rig.url, { method: 'GET', path, headers: [] });

      expect(answer.status).to.equal(status);
      expect(rig.server.journal.read().requests).to.deep.equal([]);
    });
  }

  const preflight = (origin: string) =>
    send(rig.url, {
      method: 'OPTIONS',
      headers: [
        ['origin', origin],
        ['access-control-request-method', 'POST'],
        ['access-control-request-headers', 'authorization,mcp-param-region,x-evil'],
      ],
    });

  it('lets a page of an allowed origin ask, send and read', async () => {
    const asked = await preflight(PAGE);
    const { headers, body } = modern(await rig.token(), callTool('echo', { message: 'hi' }));
    const called = await send(rig.url, { headers: [...headers, ['origin', PAGE]], body });

    expect(asked.status).to.equal(204);
    expect(asked.headers['access-control-allow-methods']).to.include('POST');
    expect(asked.headers['access-control-allow-headers']).to.include('mcp-param-region');
    expect(asked.headers['access-control-allow-headers']).not.to.include('x-evil');
    expect(called.status).to.equal(200);
    for (const answer of [asked, called]) {
      expect(answer.headers['access-control-allow-origin']).to.equal(PAGE);
      expect(answer.headers.vary).to.equal('Origin');
      expect(answer.headers).not.to.have.property('access-control-allow-credentials');
    }
    expect(called.headers['access-control-expose-headers']).to.equal(
      'Mcp-Session-Id, WWW-Authenticate',
    );
  });

  it('lets a page of an allowed origin read how to sign in', async () => {
    const { headers, body } = modern('no-token', callTool('echo'));

    const answer = await send(rig.url, { headers: [...headers, ['origin', PAGE]], body });

    expect(answer.status).to.equal(401);
    expect(answer.headers['access-control-allow-origin']).to.equal(PAGE);
    expect(answer.headers['access-control-expose-headers']).to.include('WWW-Authenticate');
  });

  it('stays shut to a page of another origin, even with a good token, and records that', async () => {
    const foreign = 'https://evil.example';
    rig.server.journal.clear();
    const { headers, body } = modern(await rig.token(), callTool('counter'));

    const asked = await preflight(foreign);
    const called = await send(rig.url, { headers: [...headers, ['origin', foreign]], body });

    for (const answer of [asked, called]) {
      expect(answer.status).to.equal(403);
      expect(answer.headers).not.to.have.property('access-control-allow-origin');
    }
    expect(rig.server.journal.read().requests).to.deep.equal([]);
    const refusals = (await rig.records()).map(({ outcome }) => outcome?.refusal);
    expect(refusals.filter((code) => code === 'origin_not_allowed')).to.have.length(2);
  });
});
