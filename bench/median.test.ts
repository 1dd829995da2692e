import { expect } from 'chai';
import { median } from './median.ts';

describe('the median', () => {
  const cases: { name: string; of: number[]; is: number }[] = [
    { name: 'is the only one', of: [4], is: 4 },
    { name: 'is the middle one, by size and not by text', of: [9, 100, 10], is: 10 },
    { name: 'lies between the two in the middle', of: [1, 2, 4, 100], is: 3 },
  ];
  for (const { name, of, is } of cases) {
    it(name, () => {
      expect(median(of)).to.equal(is);
    });
  }

  it('of nothing is a fault', () => {
    expect(() => median([])).to.throw('no figures');
  });
});
