import { createHmac, createPublicKey } from 'node:crypto';
import { expect } from 'chai';
import { assemble, type Signing, signingKey } from './local-issuer.fixture.ts';
import { type Claims, expectInvalid, START_SECONDS, VerifierRig } from './verifier-rig.fixture.ts';

describe('token verifier', () => {
  let rig: VerifierRig;

  beforeEach(async () => {
    rig = await VerifierRig.start();
  });

  afterEach(() => rig.stop());

  it('finds the principal of a good token', async () => {
    const verdict = await rig.judge({ groups: ['eng'], scope: 'a b', client_id: 'cli' });

    expect(verdict).to.have.property('ok', true);
    expect(verdict).to.have.nested.property('principal.subject', 'u-1');
    expect(verdict).to.have.nested.property('principal.issuerName', 'corp');
    expect(verdict).to.have.nested.property('principal.clientId', 'cli');
    expect(verdict).to.have.deep.nested.property('principal.scopes', ['a', 'b']);
    expect(verdict).to.have.nested.property('principal.expiresAtSeconds', START_SECONDS + 3600);
  });

  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA']) {
    it(`accepts ${alg} unless the policy lists others`, async () => {
      rig.issuer.keys = [await signingKey('k', alg)];

      expect(await rig.judge()).to.have.property('ok', true);
    });
  }

  for (const typ of ['JWT', 'jwt', 'at+jwt', 'application/at+jwt', undefined]) {
    it(`accepts typ ${typ}`, async () => {
      const verdict = await rig.judge({}, { header: { typ } });

      expect(verdict).to.have.property('ok', true);
    });
  }

  it('accepts an audience of the policy beside those of the request', async () => {
    await rig.configure({ audiences: ['https://other.example'] });

    expect(await rig.judge({ aud: 'https://other.example' })).to.have.property('ok', true);
  });

  const refused: { name: string; claims?: Claims; signing?: Signing; reason: RegExp }[] = [
    {
      name: 'for another resource',
      claims: { aud: 'https://x.example' },
      reason: /^aud: the token/,
    },
    { name: 'without audience', claims: { aud: undefined }, reason: /^aud: is missing/ },
    { name: 'that has expired', claims: { exp: START_SECONDS - 31 }, reason: /^exp: .* expired/ },
    { name: 'that never expires', claims: { exp: undefined }, reason: /^exp: is missing/ },
    {
      name: 'not valid yet',
      claims: { nbf: START_SECONDS + 31 },
      reason: /^nbf: .* not valid yet/,
    },
    { name: 'from the future', claims: { iat: START_SECONDS + 31 }, reason: /^iat: / },
    { name: 'of a stranger', claims: { iss: 'https://evil.example' }, reason: /^iss: is not an/ },
    { name: 'without issuer', claims: { iss: undefined }, reason: /^iss: is not an issuer/ },
    { name: 'without subject', claims: { sub: undefined }, reason: /^sub: is missing/ },
    { name: 'of type logout', signing: { header: { typ: 'logout+jwt' } }, reason: /^typ: / },
    { name: 'of type ID-JAG', signing: { header: { typ: 'oauth-id-jag+jwt' } }, reason: /^typ: / },
    {
      name: 'with extensions',
      signing: { header: { crit: ['b64'], b64: true } },
      reason: /^crit: /,
    },
    { name: 'of an unknown key', signing: { header: { kid: 'k9' } }, reason: /^kid: is not a key/ },
  ];
  for (const { name, claims: more, signing, reason } of refused) {
    it(`refuses a token ${name}`, async () => {
      const verdict = await rig.judge(more, signing);

      expectInvalid(verdict, reason);
    });
  }

  it('uses the clock skew of the policy', async () => {
    await rig.configure({ clockSkewSeconds: 0 });

    expectInvalid(await rig.judge({ exp: START_SECONDS }), /^exp: the token has expired/);
  });

  it('refuses an algorithm that the policy does not list', async () => {
    await rig.configure({ algorithms: ['RS256'] });

    expectInvalid(await rig.judge(), /^alg: is not accepted/);
  });

  it('refuses alg none, signed or not', async () => {
    const header = { alg: 'none', kid: 'k1', typ: 'JWT' };
    const [, payload] = (await rig.token()).split('.');

    expectInvalid(
      await rig.verify(assemble(header, rig.claims({ iss: rig.issuer.url }))),
      /^alg: is not/,
    );
    expectInvalid(
      await rig.verify(`${btoa(JSON.stringify(header))}.${payload}.`),
      /^token: is not a/,
    );
  });

  it('refuses HS256 signed with the public key of the issuer', async () => {
    const rsa = await signingKey('rsa', 'RS256');
    rig.issuer.keys = [rsa];
    const jwk = Object.fromEntries(Object.entries(rsa.publicJwk));
    const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({
      type: 'spki',
      format: 'pem',
    });
    const signed = assemble(
      { alg: 'HS256', kid: 'rsa', typ: 'JWT' },
      rig.claims({ iss: rig.issuer.url }),
    );
    const input = signed.slice(0, signed.lastIndexOf('.'));
    const mac = createHmac('sha256', pem).update(input).digest('base64url');

    expectInvalid(await rig.verify(`${input}.${mac}`), /^alg: is not accepted/);
  });

  it('refuses claims that were changed after signing', async () => {
    const token = await rig.token();
    const forged = assemble({}, rig.claims({ iss: rig.issuer.url, sub: 'admin' })).split('.')[1];

    const [header, , signature] = token.split('.');

    expectInvalid(
      await rig.verify(`${header}.${forged}.${signature}`),
      /^signature: does not match/,
    );
  });

  it('refuses a token signed by another key under a known key id', async () => {
    const verdict = await rig.judge({}, { key: await signingKey('k1') });

    expectInvalid(verdict, /^signature: does not match/);
  });

  it('ignores a key that the token brings along', async () => {
    const own = await signingKey('own');

    const verdict = await rig.judge({}, { key: own, header: { jwk: own.publicJwk } });

    expectInvalid(verdict, /^kid: is not a key/);
  });

  it('refuses a token without key id when several keys would do', async () => {
    rig.issuer.keys = [await signingKey('a'), await signingKey('b')];

    expectInvalid(await rig.judge({}, { header: { kid: undefined } }), /^kid: is missing/);
  });

  it('accepts a token without key id when one key would do', async () => {
    expect(await rig.judge({}, { header: { kid: undefined } })).to.have.property('ok', true);
  });

  const malformed: { name: string; token: string; reason: RegExp }[] = [
    { name: 'empty', token: '', reason: /^token: is not a signed JWT/ },
    { name: 'opaque', token: 'abc', reason: /^token: is not a signed JWT/ },
    { name: 'encrypted (five parts)', token: 'a.b.c.d.e', reason: /^token: is not a signed JWT/ },
    { name: 'not base64url', token: 'a+.b/.c=', reason: /^token: is not a signed JWT/ },
    { name: 'no JSON', token: 'YQ.YQ.YQ', reason: /^token: its header/ },
    { name: 'oversized', token: 'a'.repeat(16 * 1024 + 1), reason: /^token: is over 16384/ },
    { name: 'header a list', token: assemble([], {}), reason: /^token: its header/ },
    { name: 'claims a list', token: assemble({ alg: 'ES256' }, []), reason: /^token: its claims/ },
    { name: 'without alg', token: assemble({}, {}), reason: /^alg: is missing/ },
    { name: 'kid a number', token: assemble({ alg: 'ES256', kid: 1 }, {}), reason: /^kid: must/ },
  ];
  for (const { name, token, reason } of malformed) {
    it(`refuses a token that is ${name}`, async () => {
      expectInvalid(await rig.verify(token), reason);
      expect(rig.issuer.seen.size).to.equal(0);
    });
  }

  it('refuses claims that repeat a name, and claims nested without end', async () => {
    const header = btoa('{"alg":"ES256"}').replaceAll('=', '');
    const twice = Buffer.from('{"iss":"a","iss":"b"}').toString('base64url');
    const deep = Buffer.from(`{"a":${'['.repeat(900)}${']'.repeat(900)}}`).toString('base64url');

    for (const payload of [twice, deep]) {
      expectInvalid(await rig.verify(`${header}.${payload}.AA`), /^token: its claims/);
    }
  });

  it('refuses the constructor of an object as an issuer', async () => {
    for (const iss of ['constructor', '__proto__', 'toString']) {
      expectInvalid(await rig.judge({ iss }), /^iss: is not an issuer/);
    }
  });

  it('never repeats a value of the token in a reason', async () => {
    const secret = 'never-repeat-me';

    const verdicts = [
      await rig.judge({ aud: secret }),
      await rig.judge({ iss: secret }),
      await rig.judge({}, { header: { kid: secret } }),
      await rig.judge({}, { header: { typ: secret } }),
      await rig.verify(secret),
    ];

    for (const verdict of verdicts) expect(JSON.stringify(verdict)).not.to.include(secret);
  });
});
