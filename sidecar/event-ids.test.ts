import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { Sealer } from '#platform/process/seal.ts';
import { EventIds, type Listener } from './event-ids.ts';

const SEALER = new Sealer([randomBytes(32)]);
const ids = new EventIds(SEALER);
const alice: Listener = {
  principal: { issuer: 'https://idp.example', subject: 'alice' },
  session: { upstreamId: 's-1' },
};

describe('the id of an event', () => {
  it('comes back to the server as it was, and shows the client nothing of it', () => {
    const sealed = ids.seal('stream-1_42', alice) ?? '';

    expect(ids.open(sealed, alice)).to.equal('stream-1_42');
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).to.not.include('stream');
  });

  const others: readonly (readonly [string, Listener])[] = [
    ['somebody else', { ...alice, principal: { ...alice.principal, subject: 'bob' } }],
    [
      'the same name elsewhere',
      { ...alice, principal: { ...alice.principal, issuer: 'https://other.example' } },
    ],
    ['another session of the same person', { ...alice, session: { upstreamId: 's-2' } }],
    ['no session', { principal: alice.principal }],
  ];
  for (const [name, other] of others) {
    it(`is worth nothing to ${name}`, () => {
      const sealed = ids.seal('stream-1_42', alice) ?? '';

      expect(ids.open(sealed, other)).to.equal(undefined);
    });
  }

  it('is none that was not sealed as one', () => {
    expect(ids.open('stream-1_42', alice)).to.equal(undefined);
    expect(ids.open(SEALER.seal('state', { e: 'x', w: 'y' }), alice)).to.equal(undefined);
  });

  for (const id of ['', 'é', 'a\tb', 'x'.repeat(1025)]) {
    it(`is left out where no header could carry it back: ${JSON.stringify(id.slice(0, 8))}`, () => {
      expect(ids.seal(id, alice)).to.equal(undefined);
    });
  }
});
