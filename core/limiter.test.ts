import { expect } from 'chai';
import { principal } from '#core/approvals/approvals.testkit.ts';
import { RateLimiter, Slots } from './limiter.ts';

const SOMEBODY = principal('alice');

describe('rate limiter', () => {
  it('takes what a minute allows, then refuses and says when to come back', () => {
    const limiter = new RateLimiter();
    const at = { perMinute: 2, nowSeconds: 0 };

    const taken = [1, 2, 3].map(() => limiter.take(SOMEBODY, 'echo', at));

    expect(taken.slice(0, 2)).to.deep.equal([undefined, undefined]);
    expect(taken[2]).to.deep.include({ code: 'rate_limited', retryAfterSeconds: 30 });
  });

  it('earns calls back with time', () => {
    const limiter = new RateLimiter();
    limiter.take(SOMEBODY, 'echo', { perMinute: 1, nowSeconds: 0 });

    expect(limiter.take(SOMEBODY, 'echo', { perMinute: 1, nowSeconds: 59 })).to.not.equal(
      undefined,
    );
    expect(limiter.take(SOMEBODY, 'echo', { perMinute: 1, nowSeconds: 61 })).to.equal(undefined);
  });

  it('counts each principal and each tool apart', () => {
    const limiter = new RateLimiter();
    const at = { perMinute: 1, nowSeconds: 0 };
    limiter.take(SOMEBODY, 'echo', at);

    expect(limiter.take(SOMEBODY, 'add', at)).to.equal(undefined);
    expect(limiter.take({ ...SOMEBODY, subject: 'ann' }, 'echo', at)).to.equal(undefined);
    expect(limiter.take(SOMEBODY, 'echo', at)).to.not.equal(undefined);
  });
});

describe('slots', () => {
  it('gives no more than the limit, and takes each back once', () => {
    const slots = new Slots();
    const first = slots.take('ann', 1);

    expect(slots.take('ann', 1)).to.equal(undefined);
    expect(slots.take('bob', 1)).to.not.equal(undefined);
    first?.();
    first?.();
    expect(slots.total).to.equal(1);
    expect(slots.take('ann', 1)).to.not.equal(undefined);
  });
});
