import { expect } from 'chai';
import { Pace } from './pace.ts';

describe('the pace of a stream', () => {
  it('lets a burst through, and then 200 messages a second', () => {
    let now = 0;
    const pace = new Pace(() => now);
    const burst = Array.from({ length: 1_000 }, () => pace.take());

    const waits = Array.from({ length: 200 }, () => {
      const wait = pace.take();
      now += wait;
      return wait;
    });

    expect(burst).to.deep.equal(Array(1_000).fill(0));
    expect(waits).to.deep.equal(Array(200).fill(5));
  });

  it('makes those who do not wait wait longer', () => {
    const pace = new Pace(() => 0);
    for (let i = 0; i < 1_000; i += 1) pace.take();

    expect([pace.take(), pace.take(), pace.take()]).to.deep.equal([5, 10, 15]);
  });

  it('saves no more than a burst, and is not moved by a clock that goes back', () => {
    let now = 1_000_000;
    const pace = new Pace(() => now);
    now += 3_600_000;
    pace.take();
    now = 0;
    for (let i = 0; i < 999; i += 1) pace.take();

    expect(pace.take()).to.equal(5);
  });
});
