import { expect } from 'chai';
import type { Principal } from '#core/identity/principal.ts';
import { Sealer } from '#platform/process/seal.ts';
import { Sessions } from './sessions.ts';

const ANN: Principal = {
  issuer: 'https://idp.example',
  issuerName: 'corp',
  subject: 'ann',
  actors: [],
  groups: [],
  scopes: [],
  claims: {},
  expiresAtSeconds: 0,
};
const BOB: Principal = { ...ANN, subject: 'bob' };
const sealer = new Sealer([new Uint8Array(32).fill(1)]);
const sessions = new Sessions(sealer, { name: 'me' });
const opened = {
  upstreamId: 'up-1',
  recordId: 'r-1',
  revision: '2025-11-25',
  capabilities: [],
} as const;

describe('sessions', () => {
  it('gives the principal its session back, and never shows the id of the server', () => {
    const session = sessions.seal(ANN, opened);

    expect(session?.sealed).to.not.include('up-1');
    expect(sessions.open(ANN, session?.sealed ?? '')).to.deep.include(opened);
  });

  const strangers = [
    { name: 'another subject', principal: BOB },
    {
      name: 'the same subject of another issuer',
      principal: { ...ANN, issuer: 'https://b.example' },
    },
  ];
  for (const { name, principal } of strangers) {
    it(`is unknown to ${name}`, () => {
      const session = sessions.seal(ANN, opened);

      expect(sessions.open(principal, session?.sealed ?? '')).to.equal(undefined);
    });
  }

  it('is unknown to a gateway that does not own it', () => {
    const session = sessions.seal(ANN, opened);

    expect(new Sessions(sealer, { name: 'other' }).open(ANN, session?.sealed ?? '')).to.equal(
      undefined,
    );
  });

  for (const upstreamId of ['', 'with space', 'né', 'x'.repeat(1025), 'a\r\nb']) {
    it(`does not take ${JSON.stringify(upstreamId.slice(0, 10))} from a server`, () => {
      expect(sessions.seal(ANN, { ...opened, upstreamId })).to.equal(undefined);
    });
  }
});
