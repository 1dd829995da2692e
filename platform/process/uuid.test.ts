// Pins that ids are well-formed version 7 UUIDs, sort by time and do not repeat.

import { expect } from 'chai';
import { createUuids } from './uuid.ts';

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('UUIDs', () => {
  it('are of version 7 with the time in front', () => {
    const newId = createUuids({ epochSeconds: () => 1_645_557_742 });

    const id = newId();

    expect(id).to.match(FORM);
    // The time of RFC 9562's own example, appendix A.6.
    expect(id.slice(0, 13)).to.equal('017f22e2-79b0');
  });

  it('sort by the time they were made, within a millisecond too', () => {
    let seconds = 1_700_000_000;
    const newId = createUuids({ epochSeconds: () => seconds });

    const ids = Array.from({ length: 50 }, () => {
      seconds += 0.000_01;
      return newId();
    });

    expect(ids).to.deep.equal([...ids].sort());
  });

  it('do not repeat when the clock stands still, across refills of the pool', () => {
    const newId = createUuids({ epochSeconds: () => 1_700_000_000 });

    const ids = new Set(Array.from({ length: 2000 }, newId));

    expect(ids.size).to.equal(2000);
  });
});
