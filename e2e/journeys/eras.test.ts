import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client';
import { expect } from 'chai';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { exchangesIn } from './evidence.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { LEGACY, MODERN, messageOf, modern, send } from './wire.ts';

const SPEC: Spec = { rules: [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }] };

interface Found {
  readonly revision: string | undefined;
  readonly said: unknown;
}

/** What a client of SDK 2.x makes of a server, by itself, and what it hears from a tool there. */
async function find(url: string, token: string, mode: 'auto' | 'legacy'): Promise<Found> {
  const info = { name: 'finder', version: '1' };
  const client = new ModernClient(info, mode === 'auto' ? { versionNegotiation: { mode } } : {});
  await client.connect(
    new ModernTransport(new URL(url), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    }),
  );
  const revision = client.getNegotiatedProtocolVersion();
  const { content } = await client.callTool({ name: 'echo', arguments: { message: 'hi' } });
  await client.close();
  return { revision, said: content };
}

describe('a client that finds out by itself which era a server is of', () => {
  const servers = [
    { name: 'modern', server: () => startModern(), auto: MODERN, legacy: undefined },
    { name: 'legacy', server: () => startLegacy(), auto: LEGACY, legacy: LEGACY },
    {
      name: 'of both eras',
      server: () => startModern({ legacy: true }),
      auto: MODERN,
      legacy: LEGACY,
    },
  ] as const;
  for (const { name, server, ...expected } of servers) {
    describe(`of a server that is ${name}`, () => {
      let rig: Rig<Fixture>;
      before(async () => {
        rig = await startRig({ server, specs: [SPEC] });
      });
      after(() => rig?.close());

      for (const mode of ['auto', 'legacy'] as const) {
        it(`comes to the same end through Gatehouse as without it: ${mode}`, async () => {
          const token = await rig.token();
          const attempt = (url: string) => find(url, token, mode).catch(() => undefined);

          const [direct, through] = [await attempt(rig.server.url), await attempt(rig.url)];

          expect(through).to.deep.equal(direct);
          expect(through?.revision).to.equal(expected[mode]);
        });
      }
    });
  }
});

describe('server/discover', () => {
  it('needs no rule, is answered as the server does, and is recorded', async () => {
    const rig = await startRig({ server: () => startModern(), specs: [{}] });
    try {
      const asked = modern(await rig.token(), { method: 'server/discover' });

      const [direct, through] = [await send(rig.server.url, asked), await send(rig.url, asked)];

      expect(messageOf(through).result).to.deep.equal(messageOf(direct).result);
      const about = exchangesIn(await rig.records()).filter(
        ({ intent }) => intent.message?.method === 'server/discover',
      );
      expect(about.map(({ intent }) => intent.decision?.rule)).to.deep.equal(['plumbing']);
      expect(about[0]?.outcome?.outcome?.status).to.equal('ok');
    } finally {
      await rig.close();
    }
  });
});
