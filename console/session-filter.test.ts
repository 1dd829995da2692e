// Filters say what was understood of the address, and a session fits when any of it does.

import { expect } from 'chai';
import type { SessionSummary } from '#core/evidence/sessions.ts';
import { fits, readFilter } from './session-filter.ts';

const SESSION: SessionSummary = {
  id: 's',
  principal: {
    issuer: 'https://idp.example',
    subject: 'alice',
    actors: [{ subject: 'Robot-7' }],
    client: 'desk-app',
  },
  startedAt: '2026-11-27T23:59:00.000000Z',
  lastAt: '2026-11-28T00:10:00.000000Z',
  calls: 3,
  denied: 1,
  unknown: 0,
};

const cases: readonly { readonly query: string; readonly expected: boolean }[] = [
  { query: '', expected: true },
  { query: 'who=ALI', expected: true },
  { query: 'who=robot', expected: true },
  { query: 'who=desk', expected: true },
  { query: 'who=bob', expected: false },
  { query: 'from=2026-11-28', expected: true },
  { query: 'from=2026-11-29', expected: false },
  { query: 'to=2026-11-27', expected: true },
  { query: 'to=2026-11-26', expected: false },
  { query: 'with=denied', expected: true },
  { query: 'with=unknown', expected: false },
  { query: 'with=calls&from=yesterday&to=%00', expected: true },
];

describe('filters of sessions', () => {
  for (const { query, expected } of cases) {
    it(`${expected ? 'let through' : 'keep back'} by ${query === '' ? 'nothing' : query}`, () => {
      expect(fits(SESSION, readFilter(new URLSearchParams(query)))).to.equal(expected);
    });
  }

  it('by somebody keep back what nobody proven did', () => {
    const { principal: _, ...unproven } = SESSION;

    expect(fits(unproven, readFilter(new URLSearchParams('who=alice')))).to.equal(false);
  });

  it('repeat what they understood, bounded', () => {
    const filter = readFilter(new URLSearchParams({ who: 'x'.repeat(999), from: '2026-1-1' }));

    expect(filter.who).to.have.lengthOf(200);
    expect(filter.from).to.equal('');
  });
});
