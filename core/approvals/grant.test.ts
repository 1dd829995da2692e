import { expect } from 'chai';
import { signatureKey } from '#core/evidence/signature.ts';
import { newSigner, request, SIGNER, T0, TRUSTED } from './approvals.testkit.ts';
import { type Grant, isGrantGenuine, signGrant } from './grant.ts';
import { grantFor, isWithinTerms, pendingUntilMillis } from './windows.ts';

const ASKED = request('1');
const GRANT = grantFor(ASKED, { nonce: 'a'.repeat(32), nowMillis: T0, signer: SIGNER });

const edits: readonly { readonly name: string; readonly edit: Partial<Grant> }[] = [
  { name: 'approval', edit: { approvalId: 'request-2' } },
  { name: 'binding', edit: { binding: '0'.repeat(64) } },
  { name: 'request', edit: { request: '0'.repeat(64) } },
  { name: 'nonce', edit: { nonce: 'b'.repeat(32) } },
  { name: 'number of uses', edit: { maxUses: 2 } },
  { name: 'deadline', edit: { expiresAtMillis: GRANT.expiresAtMillis + 1 } },
  {
    name: 'signature',
    edit: { signature: (GRANT.signature[0] === 'A' ? 'B' : 'A') + GRANT.signature.slice(1) },
  },
];

describe('a grant', () => {
  it('is genuine by the key that signed it, and by no other', () => {
    expect(isGrantGenuine(GRANT, TRUSTED)).to.equal(true);
    expect(isGrantGenuine(GRANT, [signatureKey(newSigner().publicKey), ...TRUSTED])).to.equal(true);
    expect(isGrantGenuine(GRANT, [signatureKey(newSigner().publicKey)])).to.equal(false);
    expect(isGrantGenuine(GRANT, [])).to.equal(false);
  });

  for (const { name, edit } of edits) {
    it(`is not genuine with another ${name}`, () => {
      expect(isGrantGenuine({ ...GRANT, ...edit }, TRUSTED)).to.equal(false);
    });
  }

  it('signs nothing but its terms', () => {
    const { signature: _, ...terms } = GRANT;
    const noted = { ...terms, note: 'more' };

    expect(signGrant(noted, SIGNER)).to.deep.equal(GRANT);
  });
});

const wide: readonly { readonly name: string; readonly edit: Partial<Grant> }[] = [
  { name: 'another request', edit: { approvalId: 'request-2' } },
  { name: 'another call', edit: { binding: '0'.repeat(64) } },
  { name: 'more uses than asked for', edit: { maxUses: 2 } },
  { name: 'no use', edit: { maxUses: 0 } },
  { name: 'half a use', edit: { maxUses: 0.5 } },
  { name: 'longer than asked for', edit: { expiresAtMillis: T0 + 300_000 + 5_001 } },
  { name: 'ever', edit: { expiresAtMillis: Number.POSITIVE_INFINITY } },
  { name: 'a time that is over', edit: { expiresAtMillis: T0 } },
  { name: 'a nonce too short to be chance', edit: { nonce: 'ab' } },
];

describe('the terms of a grant', () => {
  it('are an absolute deadline and the uses asked for', () => {
    expect(GRANT).to.include({ expiresAtMillis: T0 + 300_000, maxUses: 1 });
    expect(isWithinTerms(GRANT, ASKED, T0)).to.equal(true);
    expect(pendingUntilMillis(ASKED, T0)).to.equal(T0 + 900_000);
  });

  it('leave room for the clocks of two machines', () => {
    expect(isWithinTerms(GRANT, ASKED, T0 - 5_000)).to.equal(true);
    expect(isWithinTerms(GRANT, ASKED, T0 - 5_001)).to.equal(false);
  });

  for (const { name, edit } of wide) {
    it(`are not for ${name}`, () => {
      expect(isWithinTerms({ ...GRANT, ...edit }, ASKED, T0)).to.equal(false);
    });
  }
});
