import { expect } from 'chai';
import { Recent } from './recent.ts';

describe('what happened lately', () => {
  it('is counted within its span', () => {
    const recent = new Recent(1000);

    expect([0, 400, 999, 1399].map((at) => recent.add('a', at))).to.deep.equal([1, 2, 3, 3]);
    expect(recent.count('a', 5000)).to.equal(0);
    expect(recent.count('b', 0)).to.equal(0);
  });

  it('is bounded, whoever comes: the oldest is forgotten', () => {
    const recent = new Recent(1000);
    for (let i = 0; i < 5000; i += 1) recent.add(`user-${i}`, 0);

    expect(recent.count('user-0', 0)).to.equal(0);
    expect(recent.count('user-4999', 0)).to.equal(1);
  });

  it('is bounded for one, however often', () => {
    const recent = new Recent(1000);
    const counts = Array.from({ length: 1000 }, () => recent.add('a', 0));

    expect(Math.max(...counts)).to.equal(64);
  });
});
