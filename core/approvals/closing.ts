// When a window closes at the latest: a time of day in a time zone, as one absolute moment. Where a change of
// the clock skips or repeats that time, the earliest reading counts.

export interface Closing {
  /** `18:00`. */
  readonly time: string;
  /** Of the IANA database, such as `Europe/Berlin`. */
  readonly timeZone: string;
}

const DAY_MILLIS = 24 * 60 * 60 * 1000;

export function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** The next such moment after `nowMillis`: whole milliseconds since 1970. */
export function nextClosingMillis({ time, timeZone }: Closing, nowMillis: number): number {
  const clock = clockIn(timeZone);
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const midnight = Math.floor(clock(nowMillis) / DAY_MILLIS) * DAY_MILLIS;
  const today = midnight + (hours * 60 + minutes) * 60 * 1000;
  const moments = [today, today + DAY_MILLIS, today + 2 * DAY_MILLIS].map((wall) =>
    momentOf(wall, clock),
  );
  return moments.find((moment) => moment > nowMillis) ?? nowMillis;
}

/** What clocks on the wall show at a moment, written as if it were UTC. */
type WallClock = (millis: number) => number;

/** The earliest moment at which they show this; where they never do, the earliest that it could mean. */
function momentOf(wall: number, clock: WallClock): number {
  const moments = [wall - DAY_MILLIS, wall + DAY_MILLIS].map((near) => wall - (clock(near) - near));
  const shown = moments.filter((moment) => clock(moment) === wall);
  return Math.min(...(shown.length === 0 ? moments : shown));
}

function clockIn(timeZone: string): WallClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (millis) => {
    const parts = new Map(format.formatToParts(millis).map(({ type, value }) => [type, value]));
    const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type));
    return Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
  };
}
