import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { connectLegacy } from '#e2e/demo/clients.ts';
import { start as startLegacy } from '#e2e/servers/legacy-fixture.ts';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { type Rig, type Spec, startRig } from './rig.ts';
import { callTool, modern, send } from './wire.ts';

const RULES: Spec['rules'] = [{ name: 'all', effect: 'Allow', match: { tools: ['*'] } }];

/** Everything by which a client could try to be somebody to the server, or to bring a credential. */
const CLAIMED: readonly (readonly [string, string])[] = [
  ['cookie', 'session=claimed'],
  ['proxy-authorization', 'Basic claimed'],
  ['x-api-key', 'claimed'],
  ['x-auth-request-user', 'claimed'],
  ['x-forwarded-for', '198.51.100.7'],
  ['x-forwarded-user', 'claimed'],
  ['x-forwarded-access-token', 'claimed'],
  ['forwarded', 'for=claimed'],
  ['x-real-ip', '198.51.100.7'],
  ['x-user-id', 'claimed'],
  ['X_User_Email', 'claimed'],
  ['remote-user', 'claimed'],
  ['x-goog-authenticated-user-email', 'claimed'],
  ['cf-access-jwt-assertion', 'claimed'],
  ['gatehouse-exchange', 'claimed'],
  ['x-hop', 'claimed'],
  ['connection', 'x-hop'],
];

interface Seen {
  readonly method: string;
  readonly headers: ReadonlyMap<string, string>;
}

function seenBy({ journal }: Fixture): readonly Seen[] {
  return journal.read().requests.map(({ method, rawHeaders }) => ({
    method,
    headers: new Map(
      Array.from({ length: rawHeaders.length / 2 }, (_, at) => [
        rawHeaders[2 * at]?.toLowerCase() ?? '',
        rawHeaders[2 * at + 1] ?? '',
      ]),
    ),
  }));
}

describe('what the server hears of who is calling', () => {
  let rig: Rig<Fixture>;
  before(async () => {
    rig = await startRig({ server: () => startModern(), specs: [{ rules: RULES }] });
  });
  after(() => rig?.close());

  const call = async (token: string): Promise<Seen> => {
    rig.server.journal.clear();
    const { headers, body } = modern(token, callTool('counter'));
    const answer = await send(rig.url, {
      headers: [...headers, ...CLAIMED, ['x-request-id', 'mine']],
      body,
    });
    expect(answer.status).to.equal(200);
    const [seen] = seenBy(rig.server);
    if (seen === undefined) throw new Error('the server saw nothing');
    return seen;
  };
  const tokenOf = ({ headers }: Seen): string =>
    headers.get('authorization')?.replace(/^Bearer /, '') ?? '';

  it('is a short-lived token of Gatehouse that verifies against its published keys', async () => {
    const token = await rig.token('bob', {
      scope: 'mcp:read',
      actor: { sub: 'agent-7', act: { sub: 'orchestrator' } },
    });

    const seen = await call(token);

    const keys = createRemoteJWKSet(new URL('/.well-known/gatehouse/jwks.json', rig.url));
    const { payload, protectedHeader } = await jwtVerify(tokenOf(seen), keys, {
      issuer: rig.url,
      audience: rig.server.url,
    });
    expect(protectedHeader.alg).to.equal('ES256');
    expect(payload).to.deep.include({
      sub: 'bob',
      client_id: 'demo-client',
      scope: 'mcp:read',
      act: { sub: 'agent-7', act: { sub: 'orchestrator' } },
      'gatehouse:issuer': rig.provider.issuer,
    });
    expect(Number(payload.exp) - Number(payload.iat)).to.be.within(1, 120);
    expect(Number(payload.iat) * 1000).to.be.closeTo(Date.now(), 30_000);
  });

  it('names each caller apart, and the call as the evidence names it', async () => {
    const first = await call(await rig.token('alice'));
    const second = await call(await rig.token('bob'));

    expect([first, second].map((seen) => decodeJwt(tokenOf(seen)).sub)).to.deep.equal([
      'alice',
      'bob',
    ]);
    const intents = (await rig.records()).filter(({ type }) => type === 'intent');
    expect(intents.map(({ exchange }) => exchange)).to.include.members(
      [first, second].map(({ headers }) => headers.get('gatehouse-exchange')),
    );
  });

  it('is nothing that the client claimed, and never its own token', async () => {
    const token = await rig.token('alice');

    const { headers } = await call(token);

    const all = [...headers].map(([name, value]) => `${name}: ${value}`).join('\n');
    expect(all).not.to.include('claimed');
    expect(all).not.to.include('198.51.100.7');
    expect(all).not.to.include(token);
    expect(headers.get('x-request-id')).to.equal('mine');
  });
});

describe('what a server of the legacy era hears on a whole session', () => {
  it('is Gatehouse alone, on each request, and its own session id', async () => {
    const rig = await startRig({ server: () => startLegacy(), specs: [{ rules: RULES }] });
    const token = await rig.token('alice');

    const client = await connectLegacy(rig.url, token);
    await client.call('echo', { message: 'hi' });
    await client.close();

    const seen = seenBy(rig.server).filter(({ headers }) => headers.has('user-agent'));
    const bearers = seenBy(rig.server).map(({ headers }) => headers.get('authorization') ?? '');
    expect(seen.length).to.be.greaterThan(2);
    for (const bearer of bearers) {
      expect(decodeJwt(bearer.replace('Bearer ', '')).iss).to.equal(rig.url);
      expect(bearer).not.to.include(token);
    }
    const ids = new Set(seen.flatMap(({ headers }) => headers.get('mcp-session-id') ?? []));
    // The server's own ids are UUIDs; what the client carries is the sealed form.
    expect([...ids]).to.have.length(1);
    expect([...ids][0]).to.match(/^[\da-f-]{36}$/);
    await rig.close();
  });
});

describe('a fixed credential', () => {
  const SECRET = 'fixed-credential-0815';
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gatehouse-credential-'));
    await writeFile(join(directory, 'credential'), `${SECRET}\n`, { mode: 0o600 });
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const cases = [
    {
      name: 'from a file, as a bearer token',
      upstream: () => ({ valueFrom: { file: join(directory, 'credential') } }),
      header: 'authorization',
      value: `Bearer ${SECRET}`,
      spellings: [],
    },
    {
      name: 'from the environment, in a header of its own',
      upstream: () => ({ header: 'X-Badge', valueFrom: { env: 'BADGE' } }),
      header: 'x-badge',
      value: SECRET,
      spellings: ['X-Badge', 'x_badge', 'X-BADGE'],
    },
  ] as const;
  for (const { name, upstream, header, value, spellings } of cases) {
    it(`reaches the server ${name}, and the client's own does not`, async () => {
      const rig = await startRig({
        server: () => startModern(),
        specs: [{ rules: RULES, identity: { upstream: { mode: 'Static', static: upstream() } } }],
        env: { BADGE: SECRET },
      });
      rig.server.journal.clear();

      const { headers, body } = modern(await rig.token(), callTool('counter'));
      const own = spellings.map((spelling) => [spelling, 'claimed'] as const);
      const answer = await send(rig.url, { headers: [...headers, ...own], body });

      expect(answer.status).to.equal(200);
      const [seen] = seenBy(rig.server);
      expect(seen?.headers.get(header)).to.equal(value);
      expect([...(seen?.headers ?? [])].flat().join('\n')).not.to.include('claimed');
      if (header !== 'authorization') expect(seen?.headers.has('authorization')).to.equal(false);
      expect(rig.log()).not.to.include(SECRET);
      await rig.close();
    });
  }
});
