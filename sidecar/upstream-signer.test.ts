import { expect } from 'chai';
import { calculateJwkThumbprint, createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import type { Principal } from '#core/identity/principal.ts';
import { newSigningKey } from '#platform/file/signing-key.ts';
import { REUSE_SECONDS, TOKEN_SECONDS, UpstreamSigner } from './upstream-signer.ts';

const START_MS = 1_800_000_000_000;

function principal(more: Partial<Principal> = {}): Principal {
  return {
    issuer: 'https://idp.example',
    issuerName: 'corp',
    subject: 'u-1',
    actors: [],
    groups: ['eng'],
    scopes: [],
    claims: { secret: 'claim' },
    expiresAtSeconds: 2_000_000_000,
    ...more,
  };
}

describe('tokens for the MCP server', () => {
  let nowMs: number;
  let ids: number;
  let signer: UpstreamSigner;

  beforeEach(() => {
    nowMs = START_MS;
    ids = 0;
    signer = new UpstreamSigner({
      key: newSigningKey(),
      issuer: 'https://mcp.example/mcp',
      audience: 'http://127.0.0.1:3000/mcp',
      now: () => nowMs,
      newId: () => `id-${++ids}`,
    });
  });

  it('verify with the published keys, for that server alone', async () => {
    const keys = createLocalJWKSet({ keys: signer.jwks.keys.map((key) => ({ ...key })) });

    const { payload, protectedHeader } = await jwtVerify(signer.tokenFor(principal()), keys, {
      issuer: 'https://mcp.example/mcp',
      audience: 'http://127.0.0.1:3000/mcp',
      typ: 'at+jwt',
      algorithms: ['ES256'],
      currentDate: new Date(nowMs),
    });

    expect(protectedHeader.kid).to.equal(signer.jwks.keys[0]?.kid);
    expect(payload).to.deep.equal({
      iss: 'https://mcp.example/mcp',
      aud: 'http://127.0.0.1:3000/mcp',
      sub: 'u-1',
      'gatehouse:issuer': 'https://idp.example',
      iat: START_MS / 1000,
      exp: START_MS / 1000 + TOKEN_SECONDS,
      jti: 'id-1',
    });
  });

  it('carry client, scopes and the chain of actors', () => {
    const token = signer.tokenFor(
      principal({
        clientId: 'cli',
        scopes: ['a', 'b'],
        actors: [{ subject: 'agent', issuer: 'https://a.example' }, { subject: 'orchestrator' }],
      }),
    );

    expect(decodeJwt(token)).to.deep.include({
      client_id: 'cli',
      scope: 'a b',
      act: { sub: 'agent', iss: 'https://a.example', act: { sub: 'orchestrator' } },
    });
  });

  it('name their key by its thumbprint', async () => {
    const [key] = signer.jwks.keys;

    expect(key?.kid).to.equal(await calculateJwkThumbprint({ ...key }));
    expect(key).to.not.have.property('d');
  });

  it('are used again for a few seconds, by the same principal only', () => {
    const caller = principal();
    const first = signer.tokenFor(caller);
    nowMs += REUSE_SECONDS * 1000 - 1;

    const again = signer.tokenFor(caller);
    const other = signer.tokenFor(principal());

    expect(again).to.equal(first);
    expect(other).to.not.equal(first);
  });

  it('are made anew long before they expire', () => {
    const caller = principal();
    const first = signer.tokenFor(caller);
    nowMs += REUSE_SECONDS * 1000;

    const next = signer.tokenFor(caller);

    expect(decodeJwt(next).jti).to.not.equal(decodeJwt(first).jti);
    expect(decodeJwt(next).exp).to.equal(nowMs / 1000 + TOKEN_SECONDS);
  });

  it('are made anew when the clock was set back', () => {
    const caller = principal();
    signer.tokenFor(caller);
    nowMs -= 3_600_000;

    expect(decodeJwt(signer.tokenFor(caller)).iat).to.equal(nowMs / 1000);
  });
});
