import { expect } from 'chai';
import { start as startModern } from '#e2e/servers/modern-fixture.ts';
import { type OidcProvider, startOidcProvider } from '#e2e/servers/oidc-provider.ts';
import type { Fixture } from '#e2e/servers/serve.ts';
import { untilExpired } from './expiring.ts';
import {
  signedWithPublicKey,
  unsigned,
  withClaims,
  withHeader,
  withSpoiltSignature,
} from './forged-tokens.ts';
import { type Rig, startRig } from './rig.ts';
import { callTool, modern, send } from './wire.ts';

const RULES = [{ name: 'all', effect: 'Allow' as const, match: { tools: ['*'] } }];

describe('a token that does not hold', () => {
  let rig: Rig<Fixture>;
  let stranger: OidcProvider;
  before(async () => {
    rig = await startRig({ server: () => startModern(), specs: [{ rules: RULES }] });
    stranger = await startOidcProvider({ alg: 'ES256' });
    const { issuer } = rig.provider;
    await rig.activate({
      identity: { issuers: [{ name: 'corp', issuer, clockSkewSeconds: 0 }] },
      rules: RULES,
    });
  });
  after(async () => {
    await stranger?.close();
    await rig?.close();
  });

  const publicKeys = async () => {
    const { keys } = (await (await fetch(`${rig.provider.issuer}/jwks`)).json()) as {
      keys: object[];
    };
    return JSON.stringify(keys[0]);
  };
  const good = () => rig.token('alice');
  const expired = async () => {
    const token = await rig.token('bob', { expiresInSeconds: 1 });
    await untilExpired(token);
    return token;
  };

  const cases: { name: string; token: () => Promise<string>; reason: string }[] = [
    { name: 'expired', token: expired, reason: 'exp: the token has expired' },
    {
      name: 'for another audience',
      token: () => rig.token('alice', { audience: 'https://other.example/mcp' }),
      reason: 'aud: ',
    },
    {
      name: 'of another issuer',
      token: () => stranger.token({ audience: rig.url }),
      reason: 'iss: is not an issuer this server trusts',
    },
    {
      name: 'of another issuer that says it is ours',
      token: async () =>
        withClaims(await stranger.token({ audience: rig.url }), { iss: rig.provider.issuer }),
      reason: 'kid: ',
    },
    {
      name: 'without a signature (alg none)',
      token: async () => unsigned(await good()),
      reason: 'token: ',
    },
    ...['none', 'nOnE', 'ES256K'].map((alg) => ({
      name: `that says its signature is ${alg}`,
      token: async () => withHeader(await good(), { alg }),
      reason: 'alg: ',
    })),
    {
      name: 'signed with the public key as a secret (HS256)',
      token: async () => signedWithPublicKey(await good(), await publicKeys()),
      reason: 'alg: ',
    },
    {
      name: 'of bob who would be alice',
      token: async () => withClaims(await rig.token('bob'), { sub: 'alice' }),
      reason: 'signature: does not match',
    },
    {
      name: 'that lives longer than it was given',
      token: async () => withClaims(await good(), { exp: 4_000_000_000 }),
      reason: 'signature: does not match',
    },
    {
      name: 'that brings its own key',
      token: async () => withHeader(await good(), { jwk: { kty: 'oct', k: 'AAAA' }, x: 1 }),
      reason: 'signature: does not match',
    },
    {
      name: 'with one bit of its signature flipped',
      token: async () => withSpoiltSignature(await good()),
      reason: 'signature: does not match',
    },
    { name: 'that is no token', token: async () => 'AAAA.BBBB.CCCC', reason: 'token: ' },
  ];
  for (const { name, token, reason } of cases) {
    it(`is refused, recorded and goes nowhere: ${name}`, async () => {
      const bad = await token();
      rig.server.journal.clear();
      const before = (await rig.records()).length;

      const answer = await send(rig.url, modern(bad, callTool('counter')));

      expect(answer.status).to.equal(401);
      const challenge = String(answer.headers['www-authenticate']);
      expect(challenge).to.include('error="invalid_token"');
      expect(challenge).to.include(`error_description="${reason}`);
      expect(challenge).to.include('/.well-known/oauth-protected-resource/mcp"');
      const [record, ...more] = (await rig.records()).slice(before);
      expect(record?.type).to.equal('auth.failed');
      expect(record?.outcome?.refusal).to.equal('token_invalid');
      expect(record?.outcome?.reason).to.include(reason);
      expect(record?.source?.address).to.equal('127.0.0.1');
      expect(more).to.deep.equal([]);
      expect(rig.server.journal.read()).to.deep.include({ requests: [], executed: {} });
    });
  }

  const schemes = [
    ['Basic', (token: string) => [`Basic ${token}`]],
    ['two tokens', (token: string) => [`Bearer ${token}`, `Bearer ${token}`]],
    ['words after it', (token: string) => [`Bearer ${token} x`]],
    ['nothing', () => ['Bearer']],
  ] as const;
  for (const [name, values] of schemes) {
    it(`is refused when it comes as ${name}`, async () => {
      const { headers, body } = modern(await good(), callTool('counter'));
      const others = headers.filter(([header]) => header !== 'authorization');
      const spelt = values(await good()).map((value) => ['authorization', value] as const);
      rig.server.journal.clear();

      const answer = await send(rig.url, { headers: [...others, ...spelt], body });

      expect(answer.status).to.equal(401);
      expect(rig.server.journal.read().requests).to.deep.equal([]);
    });
  }

  it('is not looked for in the query, and is not written down either', async () => {
    const token = await rig.token('alice', { groups: ['in-a-query'] });
    const { headers, body } = modern(token, callTool('counter'));
    const others = headers.filter(([header]) => header !== 'authorization');
    rig.server.journal.clear();

    const path = `/mcp?access_token=${token}`;
    const alone = await send(rig.url, { path, headers: others, body });
    const besides = await send(rig.url, { path, headers, body });

    expect([alone.status, besides.status]).to.deep.equal([404, 404]);
    expect(rig.server.journal.read().requests).to.deep.equal([]);
    expect(rig.log()).not.to.include(token);
    expect(JSON.stringify(await rig.records())).not.to.include(token);
  });
});
