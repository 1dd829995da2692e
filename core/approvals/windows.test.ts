import { expect } from 'chai';
import { approver, ballot, request, TERMS } from './approvals.testkit.ts';
import { comesTo, move } from './moves.testkit.ts';
import { requested } from './states.ts';

/** 17:50 in Berlin, in winter. */
const NOW = Date.parse('2026-01-15T16:50:00Z');
const SIX = Date.parse('2026-01-15T17:00:00Z');
const closings = [{ time: '18:00', timeZone: 'Europe/Berlin' }];
const allowance = { scope: 'Window', maxUses: 9, ttlSeconds: 8 * 3600, closings } as const;
const asked = request('1', { terms: { ...TERMS, allowance } });
const vote = (nowMillis: number) =>
  ({ kind: 'vote', ...ballot(asked, approver('bob'), 'approve', { nowMillis }) }) as const;

describe('a window that closes at a time of day', () => {
  const granted = move(requested(asked, NOW), vote(NOW), NOW);
  const spend = { kind: 'consume', binding: asked.binding, nonce: 'a'.repeat(32) } as const;

  it('is over at that time, used or not, however long it might have lasted', () => {
    const used = move(granted, { ...spend, exchange: 'x-1' }, SIX - 1);

    expect(granted).to.have.nested.property('grant.expiresAtMillis', SIX);
    expect(comesTo(used, { ...spend, exchange: 'x-2' }, SIX)).to.equal('expired');
  });

  it('takes no grant that would last over it', () => {
    const open = request('1', { terms: { ...TERMS, allowance: { ...allowance, closings: [] } } });
    const long = ballot(open, approver('bob'), 'approve', { nowMillis: NOW });
    const cast = vote(NOW);
    const stretched = 'grant' in long && 'grant' in cast ? { ...cast, grant: long.grant } : cast;

    expect(comesTo(requested(asked, NOW), stretched, NOW)).to.equal('grant_invalid');
  });

  it('lasts its own time where that is shorter', () => {
    const terms = { ...TERMS, allowance: { ...allowance, ttlSeconds: 60 } };
    const brief = request('1', { terms });
    const cast = ballot(brief, approver('bob'), 'approve', { nowMillis: NOW });

    expect('grant' in cast && cast.grant.expiresAtMillis).to.equal(NOW + 60_000);
  });
});
