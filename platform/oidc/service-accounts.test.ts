import { expect } from 'chai';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { ServiceAccountTrust } from '#core/policy/trust.ts';
import { type SigningKey, signingKey } from './local-issuer.fixture.ts';
import { createTokenVerifier, type OidcTokenVerifier } from './token-verifier.ts';
import { AUDIENCE, expectInvalid, START_SECONDS } from './verifier-rig.fixture.ts';

const ISSUER = 'https://kubernetes.default.svc';
const RUNNER = 'system:serviceaccount:ci:runner';

describe('tokens of ServiceAccounts', () => {
  let key: SigningKey;
  let nowSeconds: number;
  let verifier: OidcTokenVerifier;

  beforeEach(async () => {
    key = await signingKey('sa-1', 'RS256');
    nowSeconds = START_SECONDS;
    verifier = createTokenVerifier({
      issuers: [],
      serviceAccounts: trust(key),
      allowPlainHttp: false,
      now: () => nowSeconds * 1000,
    });
  });

  afterEach(() => verifier.close());

  const trust = (...keys: readonly SigningKey[]): ServiceAccountTrust => ({
    issuer: ISSUER,
    keys: keys.map(({ publicJwk }) => publicJwk as ServiceAccountTrust['keys'][number]),
    accounts: [RUNNER],
    audiences: ['payments-mcp'],
  });
  const token = (claims: object = {}, by = key): Promise<string> =>
    new SignJWT({
      iss: ISSUER,
      sub: RUNNER,
      aud: [AUDIENCE],
      iat: START_SECONDS,
      exp: START_SECONDS + 600,
      'kubernetes.io': { namespace: 'ci', serviceaccount: { name: 'runner', uid: 'u' } },
      ...claims,
    })
      // As the API server signs them: no typ.
      .setProtectedHeader({ alg: by.alg, kid: by.kid })
      .sign(by.privateKey);
  const judge = async (claims: object = {}, by = key) =>
    verifier.verify(await token(claims, by), { audiences: [AUDIENCE] });

  it('are verified without asking anybody', async () => {
    const verdict = await judge();

    expect(verdict).to.have.nested.property('principal.subject', RUNNER);
    expect(verdict).to.have.nested.property('principal.issuerName', 'kubernetes');
    expect(await verifier.warm()).to.deep.equal([
      { name: 'kubernetes', issuer: ISSUER, ready: true },
    ]);
  });

  it('are taken for an audience that the policy accepts, and for no other', async () => {
    expect(await judge({ aud: ['payments-mcp'] })).to.have.property('ok', true);
    expectInvalid(await judge({ aud: [ISSUER] }), /^aud: the token is not for this resource/);
    expectInvalid(
      await judge({ aud: ['gatehouse.dev/operator', AUDIENCE] }),
      /^aud: is for the op/,
    );
  });

  it('end when they say so, also when they were proven before', async () => {
    const jwt = await token();
    const at = () => verifier.verify(jwt, { audiences: [AUDIENCE] });
    expect(await at()).to.have.property('ok', true);
    nowSeconds += 700;

    expectInvalid(await at(), /^exp:/);
  });

  it('are refused when another key signed them, under their kid too', async () => {
    const other = await signingKey('sa-1', 'RS256');

    expectInvalid(await judge({}, other), /^signature:/);
    expectInvalid(await judge({}, { ...other, kid: 'sa-2' }), /^kid:/);
  });

  it('are refused under an algorithm that the cluster does not use', async () => {
    const pair = await generateKeyPair('PS256', { extractable: true });
    const publicJwk = { ...(await exportJWK(pair.publicKey)), kid: 'p', alg: 'PS256' };
    const ps = { kid: 'p', alg: 'PS256', privateKey: pair.privateKey, publicJwk };
    verifier = verifier.withIssuers([], trust(ps));

    expectInvalid(await judge({}, ps), /^alg:/);
  });

  it('follow the keys of the cluster: a new one is taken, a withdrawn one is refused at once', async () => {
    const next = await signingKey('sa-2', 'ES256');
    const before = await token();
    await verifier.verify(before, { audiences: [AUDIENCE] });
    const both = verifier.withIssuers([], trust(key, next));
    const rotated = both.withIssuers([], trust(next));
    const audiences = { audiences: [AUDIENCE] };

    expect(await both.verify(before, audiences)).to.have.property('ok', true);
    expect(await both.verify(await token({}, next), audiences)).to.have.property('ok', true);
    expectInvalid(await rotated.verify(before, audiences), /^kid:/);
  });

  it('are refused where no policy lists any account', async () => {
    verifier = verifier.withIssuers([]);

    expectInvalid(await judge(), /^iss:/);
  });
});
