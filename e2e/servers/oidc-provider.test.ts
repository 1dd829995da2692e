import { expect } from 'chai';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { KEYS_MAX_AGE_MS } from '#platform/oidc/key-source.ts';
import { createTokenVerifier, type OidcTokenVerifier } from '#platform/oidc/token-verifier.ts';
import { type OidcProvider, startOidcProvider } from './oidc-provider.ts';

const AUDIENCE = 'https://mcp.example/mcp';

describe('tokens of a real OpenID provider', () => {
  let provider: OidcProvider;
  let verifier: OidcTokenVerifier;
  let aheadMs: number;

  before(async () => {
    provider = await startOidcProvider({
      users: [
        { sub: 'alice', groups: ['engineering'], email: 'alice@corp.example', emailVerified: true },
        { sub: 'mallory', email: 'alice@corp.example' },
      ],
    });
  });

  beforeEach(() => {
    aheadMs = 0;
    verifier = createTokenVerifier({
      issuers: [{ name: 'corp', issuer: provider.issuer, claims: { person: 'email' } }],
      allowPlainHttp: false,
      now: () => Date.now() + aheadMs,
    });
  });

  afterEach(() => verifier.close());

  after(() => provider.close());

  const verify = (token: string) => verifier.verify(token, { audiences: [AUDIENCE] });

  it('prove a user with groups, scopes, client and person', async () => {
    const token = await provider.token({ sub: 'alice', audience: AUDIENCE, scope: 'mcp:read' });

    const verdict = await verify(token);

    expect(decodeProtectedHeader(token)).to.include({ alg: 'RS256', typ: 'at+jwt' });
    expect(verdict).to.have.property('ok', true);
    expect(verdict)
      .to.have.property('principal')
      .that.deep.includes({
        issuer: provider.issuer,
        issuerName: 'corp',
        subject: 'alice',
        groups: ['engineering'],
        scopes: ['mcp:read'],
        clientId: 'demo-client',
        person: 'alice@corp.example',
        actors: [],
      });
  });

  it('prove no person by an address that nobody verified', async () => {
    const verdict = await verify(await provider.token({ sub: 'mallory', audience: AUDIENCE }));

    expect(verdict).to.have.property('ok', true);
    expect(verdict).not.to.have.nested.property('principal.person');
  });

  it('say for whom an agent acts, and anything a test adds', async () => {
    const token = await provider.token({
      audience: AUDIENCE,
      actor: { sub: 'agent', iss: 'https://agents.example' },
      groups: ['finance'],
      extraClaims: { department: 'r&d' },
    });

    const verdict = await verify(token);

    expect(verdict)
      .to.have.property('principal')
      .that.deep.includes({
        actors: [{ subject: 'agent', issuer: 'https://agents.example' }],
        groups: ['finance'],
      });
    expect(verdict).to.have.nested.property('principal.claims.department', 'r&d');
  });

  it('are worth nothing at another resource', async () => {
    const verdict = await verify(await provider.token({ audience: 'https://other.example/mcp' }));

    expect(verdict).to.deep.equal({
      ok: false,
      code: 'token_invalid',
      reason: 'aud: the token is not for this resource',
    });
  });

  it('end when they say', async () => {
    const token = await provider.token({ audience: AUDIENCE, expiresInSeconds: 5 });
    const early = await verify(token);
    aheadMs = 36_000;

    const late = await verify(token);

    expect(early).to.have.property('ok', true);
    expect(late).to.have.property('reason', 'exp: the token has expired');
  });

  it('hold at once after keys rotate, the older ones too', async () => {
    const old = await provider.token({ audience: AUDIENCE });
    await verify(old);
    await provider.rotateKeys();

    const fresh = await provider.token({ audience: AUDIENCE });

    expect(decodeProtectedHeader(fresh).kid).to.not.equal(decodeProtectedHeader(old).kid);
    expect(await verify(fresh)).to.have.property('ok', true);
    expect(await verify(old)).to.have.property('ok', true);
  });

  it('end with their key when the provider withdraws it', async () => {
    const old = await provider.token({ audience: AUDIENCE });
    await verify(old);
    await provider.rotateKeys({ forgetOld: true });
    aheadMs = KEYS_MAX_AGE_MS;

    const verdict = await verify(old);

    expect(verdict)
      .to.have.property('reason')
      .that.matches(/^kid: is not a key of the issuer/);
  });

  it('hold while the provider is away, unless their key is new', async () => {
    const known = await provider.token({ audience: AUDIENCE });
    await verifier.warm();
    await provider.rotateKeys();
    const unknown = await provider.token({ audience: AUDIENCE });
    await provider.stop();

    const verdicts = [await verify(known), await verify(unknown)];
    await provider.resume();
    aheadMs = 31_000;

    expect(verdicts[0]).to.have.property('ok', true);
    expect(verdicts[1]).to.have.property('code', 'token_invalid');
    expect(await verify(unknown)).to.have.property('ok', true);
  });

  it('prove nothing when the provider was never reached', async () => {
    const token = await provider.token({ audience: AUDIENCE });
    await provider.stop();

    const verdict = await verify(token);
    await provider.resume();

    expect(verdict).to.have.property('code', 'issuer_unavailable');
  });

  it('are refused with any part of them changed', async () => {
    const token = await provider.token({ audience: AUDIENCE });
    const [header = '', payload = '', signature = ''] = token.split('.');
    const claims = { ...decodeJwt(token), groups: ['admin'] };
    const forged = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');

    const verdicts = [
      await verify(`${header}.${forged}.${signature}`),
      await verify(`${none}.${payload}.${signature}`),
      await verify(`${header}.${payload}.${signature.slice(4)}`),
      await verify(`${header}.${payload}.`),
    ];

    expect(verdicts.map((verdict) => verdict.ok)).to.deep.equal([false, false, false, false]);
    expect(await verify(token)).to.have.property('ok', true);
  });

  for (const alg of ['PS256', 'ES256', 'EdDSA'] as const) {
    it(`hold when signed with ${alg}`, async () => {
      const other = await startOidcProvider({ alg });
      const next = verifier.withIssuers([{ name: 'other', issuer: other.issuer }]);
      const token = await other.token({ audience: AUDIENCE });

      const verdict = await next.verify(token, { audiences: [AUDIENCE] });
      await other.close();

      expect(decodeProtectedHeader(token).alg).to.equal(alg);
      expect(verdict).to.have.property('ok', true);
    });
  }

  it('are not given for resources the provider does not know', async () => {
    const strict = await startOidcProvider({ resources: [AUDIENCE] });

    const refused = await strict
      .token({ audience: 'https://other.example' })
      .catch((error: unknown) => error);
    const given = await strict.token({ audience: AUDIENCE });
    await strict.close();

    expect(refused).to.be.instanceOf(Error);
    expect(decodeJwt(given).aud).to.equal(AUDIENCE);
  });
});
