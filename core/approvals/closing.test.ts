import { expect } from 'chai';
import { isTimeZone, nextClosingMillis } from './closing.ts';

const closing = (time: string, timeZone = 'Europe/Berlin') => ({ time, timeZone });
const next = (at: string, time: string, timeZone?: string) =>
  new Date(nextClosingMillis(closing(time, timeZone), Date.parse(at))).toISOString();

describe('when a window closes', () => {
  const cases: readonly [name: string, at: string, time: string, zone: string, then: string][] = [
    ['later today', '2026-01-15T10:00:00Z', '18:00', 'Europe/Berlin', '2026-01-15T17:00:00.000Z'],
    ['tomorrow', '2026-01-15T17:00:00Z', '18:00', 'Europe/Berlin', '2026-01-16T17:00:00.000Z'],
    ['in summer', '2026-07-15T10:00:00Z', '18:00', 'Europe/Berlin', '2026-07-15T16:00:00.000Z'],
    [
      'a day that is ahead',
      '2026-01-15T20:00:00Z',
      '06:30',
      'Asia/Tokyo',
      '2026-01-15T21:30:00.000Z',
    ],
    [
      'a day that is behind',
      '2026-01-16T03:00:00Z',
      '23:00',
      'America/New_York',
      '2026-01-16T04:00:00.000Z',
    ],
    ['at midnight', '2026-01-15T10:00:00Z', '00:00', 'UTC', '2026-01-16T00:00:00.000Z'],
    ['by half hours', '2026-01-15T10:00:00Z', '18:00', 'Asia/Kolkata', '2026-01-15T12:30:00.000Z'],
    [
      'over the night in which clocks go forward',
      '2026-03-28T18:00:00Z',
      '18:00',
      'Europe/Berlin',
      '2026-03-29T16:00:00.000Z',
    ],
    [
      'over the night in which clocks go back',
      '2026-10-24T17:00:00Z',
      '18:00',
      'Europe/Berlin',
      '2026-10-25T17:00:00.000Z',
    ],
    [
      'at a time that is skipped, early',
      '2026-03-28T23:30:00Z',
      '02:30',
      'Europe/Berlin',
      '2026-03-29T00:30:00.000Z',
    ],
    [
      'at a time that comes twice, the first time',
      '2026-10-24T22:30:00Z',
      '02:30',
      'Europe/Berlin',
      '2026-10-25T00:30:00.000Z',
    ],
    [
      'the day after, between the two',
      '2026-10-25T01:00:00Z',
      '02:30',
      'Europe/Berlin',
      '2026-10-26T01:30:00.000Z',
    ],
    [
      'over the end of a year',
      '2026-12-31T20:00:00Z',
      '18:00',
      'Europe/Berlin',
      '2027-01-01T17:00:00.000Z',
    ],
  ];
  for (const [name, at, time, zone, then] of cases) {
    it(`is ${name}`, () => {
      expect(next(at, time, zone)).to.equal(then);
    });
  }

  it('is within two days of any moment, and never before it', () => {
    for (let hour = 0; hour < 24 * 400; hour += 5) {
      const at = Date.parse('2026-01-01T00:00:00Z') + hour * 3_600_000;
      const then = nextClosingMillis(closing('02:30'), at);
      expect(then)
        .to.be.above(at)
        .and.at.most(at + 26 * 3_600_000);
    }
  });

  it('knows the zones that there are', () => {
    expect(['UTC', 'Europe/Berlin', 'Mars/Base', ''].map(isTimeZone)).to.deep.equal([
      true,
      true,
      false,
      false,
    ]);
  });
});
