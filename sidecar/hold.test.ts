import { expect } from 'chai';
import { holdLimits } from './hold.ts';

describe('holdLimits', () => {
  const cases = [
    { asked: undefined, modern: 45, legacy: 50, legacyWithProgress: 50 },
    { asked: 0, modern: 0, legacy: 0, legacyWithProgress: 0 },
    { asked: 48, modern: 45, legacy: 48, legacyWithProgress: 48 },
    { asked: 210, modern: 45, legacy: 50, legacyWithProgress: 210 },
  ];
  for (const { asked, ...limits } of cases) {
    it(`keeps within what SDK clients bear when ${asked ?? 'nothing'} is asked for`, () => {
      expect(holdLimits(asked)).to.deep.equal(limits);
    });
  }
});
