import { expect } from 'chai';
import { KEYS_MAX_AGE_MS, KEYS_MAX_STALE_MS, UNKNOWN_KEY_INTERVAL_MS } from './key-source.ts';
import { signingKey } from './local-issuer.fixture.ts';
import { AUDIENCE, expectInvalid, START_SECONDS, VerifierRig } from './verifier-rig.fixture.ts';

describe('keys of an issuer over time', () => {
  let rig: VerifierRig;

  beforeEach(async () => {
    rig = await VerifierRig.start();
  });

  afterEach(() => rig.stop());

  describe('with a token it has seen', () => {
    it('asks for no key again and gives the same principal', async () => {
      const token = await rig.token();
      const first = await rig.verify(token);
      await rig.issuer.stop();

      const second = await rig.verify(token);

      expect(second).to.deep.equal(first);
      expect(second.ok && first.ok && second.principal === first.principal).to.equal(true);
    });

    it('still refuses it when it expires', async () => {
      const token = await rig.token({ exp: START_SECONDS + 60 });
      await rig.verify(token);
      rig.later(90_000);

      expectInvalid(await rig.verify(token), /^exp: the token has expired/);
    });

    it('still refuses it elsewhere', async () => {
      const token = await rig.token();
      await rig.verify(token);

      const verdict = await rig.verify(token, ['https://other.example/mcp']);

      expectInvalid(verdict, /^aud: the token is not for this resource/);
    });

    it('refuses it once the issuer has withdrawn the key', async () => {
      const token = await rig.token();
      await rig.verify(token);
      rig.issuer.keys = [await signingKey('k2')];
      rig.later(KEYS_MAX_AGE_MS);

      expectInvalid(await rig.verify(token), /^kid: is not a key/);
    });

    it('refuses it once the policy reads its claims differently', async () => {
      const token = await rig.token();
      await rig.verify(token);

      const next = rig.verifier.withIssuers([rig.config({ claims: { subject: 'oid' } })]);
      const verdict = await next.verify(token, { audiences: [AUDIENCE] });

      expectInvalid(verdict, /^oid: is missing/);
      expect(await rig.verify(token)).to.have.property('ok', true);
    });

    it('refuses it once the policy drops the issuer', async () => {
      const token = await rig.token();
      await rig.verify(token);

      const verdict = await rig.verifier.withIssuers([]).verify(token, { audiences: [AUDIENCE] });

      expectInvalid(verdict, /^iss: is not an issuer/);
    });

    it('takes it over to a verifier whose issuer did not change', async () => {
      const token = await rig.token();
      await rig.verify(token);
      await rig.issuer.stop();

      const next = rig.verifier.withIssuers([rig.config()]);

      expect(await next.verify(token, { audiences: [AUDIENCE] })).to.have.property('ok', true);
    });
  });

  describe('when keys rotate', () => {
    it('picks a new key up at once, however recent the old ones are', async () => {
      await rig.judge();
      const fresh = await signingKey('k2');
      rig.issuer.keys = [fresh, ...rig.issuer.keys];

      const verdict = await rig.judge({}, { key: fresh });

      expect(verdict).to.have.property('ok', true);
      expect(rig.issuer.keyFetches).to.equal(2);
    });

    it('fetches once for a burst of tokens with the new key', async () => {
      await rig.verifier.warm();
      const fresh = await signingKey('k2');
      rig.issuer.keys = [fresh];
      const tokens = await Promise.all(
        Array.from({ length: 20 }, (_, n) => rig.token({ sub: `u-${n}` }, { key: fresh })),
      );

      const verdicts = await Promise.all(tokens.map((token) => rig.verify(token)));

      expect(verdicts.map((verdict) => verdict.ok)).to.not.include(false);
      expect(rig.issuer.keyFetches).to.equal(2);
    });

    it('fetches once in 30 seconds for invented key ids', async () => {
      await rig.verifier.warm();
      for (let n = 0; n < 5; n += 1) await rig.judge({}, { header: { kid: `invented-${n}` } });
      const during = rig.issuer.keyFetches;
      rig.later(UNKNOWN_KEY_INTERVAL_MS);

      await rig.judge({}, { header: { kid: 'invented-again' } });

      expect(during).to.equal(2);
      expect(rig.issuer.keyFetches).to.equal(3);
    });

    it('is not hurt by keys that are no use', async () => {
      const { publicJwk } = await signingKey('k1');
      const odd: readonly unknown[] = [
        null,
        'x',
        { kty: 'oct', k: 'AAAA', kid: 'o' },
        { kty: 'RSA', kid: 'r', n: 'A'.repeat(5000), e: 'AQAB' },
        { kty: 'RSA', kid: 'r', n: 'AAAA', e: 'A'.repeat(500) },
        { ...publicJwk, d: 'AAAA' },
        { ...publicJwk, kid: 'enc', use: 'enc' },
        { kty: 'EC', crv: 'P-256', x: '!', y: '!', kid: 'broken' },
        { kty: 'new-thing' },
      ];
      const [own] = rig.issuer.keys;
      rig.issuer.answerKeys((_, res) =>
        res.end(JSON.stringify({ keys: [...odd, own?.publicJwk] })),
      );

      expect(await rig.judge()).to.have.property('ok', true);
      expectInvalid(await rig.judge({}, { header: { kid: 'broken' } }), /^kid: is not a key/);
    });
  });

  describe('when the issuer is down', () => {
    it('at the start, says so and recovers', async () => {
      const token = await rig.token();
      await rig.issuer.stop();

      const down = await rig.verify(token);
      await rig.issuer.resume();
      rig.later(6_000);
      const up = await rig.verify(token);

      expect(down).to.deep.equal({
        ok: false,
        code: 'issuer_unavailable',
        reason: 'iss: the keys of the issuer cannot be had',
      });
      expect(up).to.have.property('ok', true);
    });

    it('goes on with the keys it has and refuses unknown ones', async () => {
      await rig.verifier.warm();
      await rig.issuer.stop();
      rig.later(KEYS_MAX_AGE_MS);

      expect(await rig.judge()).to.have.property('ok', true);
      expectInvalid(await rig.judge({}, { key: await signingKey('k2') }), /^kid: is not a key/);
    });

    it('believes its keys for 24 hours and no longer', async () => {
      await rig.verifier.warm();
      await rig.issuer.stop();
      const exp = START_SECONDS + 7 * 24 * 3600;
      rig.later(KEYS_MAX_STALE_MS);
      const atTheEnd = await rig.judge({ exp });
      rig.later(1);

      const after = await rig.judge({ exp });

      expect(atTheEnd).to.have.property('ok', true);
      expect(after).to.have.property('code', 'issuer_unavailable');
    });

    it('does not let each caller wait for it', async () => {
      let asked = 0;
      rig.issuer.answerDiscovery((_, res) => {
        asked += 1;
        res.writeHead(503).end();
      });

      for (let n = 0; n < 5; n += 1) await rig.judge({ sub: `u-${n}` });

      expect(asked).to.equal(1);
    });
  });
});
