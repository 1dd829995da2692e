import { expect } from 'chai';
import { epochMicros, hrTime, inSeconds } from './instants.ts';

describe('points in time', () => {
  it('keep the microseconds of a record', () => {
    const micros = epochMicros('2026-03-01T12:00:05.000123Z');

    expect(micros).to.equal(Date.UTC(2026, 2, 1, 12, 0, 5) * 1000 + 123);
    expect(hrTime(micros)).to.deep.equal([Date.UTC(2026, 2, 1, 12, 0, 5) / 1000, 123_000]);
  });

  it('have whole seconds and what is left', () => {
    expect(hrTime(1_999_999)).to.deep.equal([1, 999_999_000]);
    expect(inSeconds(1_500_000)).to.equal(1.5);
  });
});
