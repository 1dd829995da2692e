// The version table: every revision has a row, and the rows differ where the protocol did.

import { expect } from 'chai';
import {
  ASSUMED_REVISION,
  eraOf,
  factsOf,
  isRevision,
  REVISION_NAMES,
  REVISIONS,
} from './revisions.ts';

describe('REVISIONS', () => {
  it('has a row for each revision, oldest first', () => {
    expect([...REVISIONS.keys()]).to.deep.equal([...REVISION_NAMES].sort());
    for (const name of REVISION_NAMES) expect(factsOf(name).revision).to.equal(name);
  });

  it('begins the modern era with 2026-07-28', () => {
    expect(REVISION_NAMES.filter((name) => eraOf(name) === 'modern')).to.deep.equal(['2026-07-28']);
  });

  it('knows arrays only before 2025-06-18', () => {
    const batching = REVISION_NAMES.filter((name) => factsOf(name).batches);

    expect(batching).to.deep.equal(['2024-11-05', '2025-03-26']);
  });

  it('asks for the version header from 2025-06-18 on', () => {
    const owed = REVISION_NAMES.map((name) => factsOf(name).versionHeader);

    expect(owed).to.deep.equal(['never', 'never', 'afterInitialize', 'afterInitialize', 'always']);
  });

  it('leaves the modern era with POST alone and no sessions', () => {
    const { httpMethods, sessions, serverRequests, resumption } = factsOf('2026-07-28');

    expect({ httpMethods, sessions, serverRequests, resumption }).to.deep.equal({
      httpMethods: ['POST'],
      sessions: false,
      serverRequests: false,
      resumption: false,
    });
  });

  it('assumes a legacy revision when nothing names one', () => {
    expect(eraOf(ASSUMED_REVISION)).to.equal('legacy');
  });
});

describe('isRevision', () => {
  for (const text of ['', '2026-07-29', 'v999.0.0', '2025-11-25 ', 'constructor', 'DRAFT']) {
    it(`does not know ${JSON.stringify(text)}`, () => {
      expect(isRevision(text)).to.equal(false);
    });
  }
});
