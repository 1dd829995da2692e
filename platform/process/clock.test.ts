// Pins the form of timestamps and what the clock does when somebody sets the machine's time.

import { expect } from 'chai';
import { createClock } from './clock.ts';

function heldClock(start: { wall: number; monotonic: number }) {
  const now = { ...start };
  const clock = createClock({
    wallMillis: () => Math.floor(now.wall),
    monotonicMillis: () => now.monotonic,
  });
  return { now, clock };
}

const NOON = Date.UTC(2026, 2, 1, 12);

describe('the clock', () => {
  it('writes RFC 3339 in UTC with microseconds', () => {
    const { now, clock } = heldClock({ wall: NOON, monotonic: 50 });

    now.wall += 1.25;
    now.monotonic += 1.25;

    expect(clock.timestamp()).to.equal('2026-03-01T12:00:00.001250Z');
    expect(clock.epochSeconds()).to.equal(NOON / 1000 + 0.00125);
  });

  it('orders two moments of the same millisecond', () => {
    const { now, clock } = heldClock({ wall: NOON, monotonic: 0 });

    const first = clock.timestamp();
    now.monotonic += 0.002;

    expect(clock.timestamp() > first).to.equal(true);
  });

  for (const { name, jump } of [
    { name: 'forward', jump: 3_600_000 },
    { name: 'back', jump: -3_600_000 },
  ]) {
    it(`follows the wall clock when it is set ${name}`, () => {
      const { now, clock } = heldClock({ wall: NOON, monotonic: 0 });

      now.wall += jump;

      expect(clock.epochSeconds()).to.equal((NOON + jump) / 1000);
    });
  }

  it('measures durations by the clock that nobody sets', () => {
    const { now, clock } = heldClock({ wall: NOON, monotonic: 10 });
    const start = clock.monotonicMicros();

    now.wall -= 3_600_000;
    now.monotonic += 1.5;

    expect(clock.monotonicMicros() - start).to.equal(1500);
  });

  it('agrees with the system', () => {
    const before = Date.now() / 1000;

    const seconds = createClock().epochSeconds();

    expect(seconds).to.be.within(before - 0.002, Date.now() / 1000 + 0.002);
  });
});
