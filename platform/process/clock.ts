// The one place that reads the machine's clocks. Records and logs need microseconds, which the
// wall clock does not give, and durations must not jump when somebody sets the time.

/** Handed to whatever needs the time, so that tests can hold it still. */
export interface Clock {
  /** RFC 3339 in UTC with microseconds: `2026-03-01T12:00:00.123456Z`. */
  timestamp(): string;
  /** Seconds since 1970, with a fraction. */
  epochSeconds(): number;
  /** Whole microseconds since some fixed point; never goes back. For durations only. */
  monotonicMicros(): number;
}

/** The two clocks of the machine, in milliseconds; the second one monotonic, with a fraction. */
export interface ClockSources {
  readonly wallMillis: () => number;
  readonly monotonicMillis: () => number;
}

/** The wall clock ticks in whole milliseconds, so an honest difference stays below two of them. */
const MAX_DRIFT_MILLIS = 2;
const MICROS_PER_MILLI = 1000;
const MICROS_PER_SECOND = 1_000_000;

const SYSTEM: ClockSources = {
  wallMillis: () => Date.now(),
  monotonicMillis: () => performance.now(),
};

/** Wall time with microseconds: the monotonic clock counts on from the last agreement of the two. */
export function createClock(sources: ClockSources = SYSTEM): Clock {
  let wallAtAgreement = sources.wallMillis();
  let monotonicAtAgreement = sources.monotonicMillis();

  function epochMicros(): number {
    const wall = sources.wallMillis();
    const monotonic = sources.monotonicMillis();
    const counted = wallAtAgreement + (monotonic - monotonicAtAgreement);
    if (Math.abs(counted - wall) <= MAX_DRIFT_MILLIS) {
      return Math.floor(counted * MICROS_PER_MILLI);
    }
    // The wall clock was set or slewed, or the machine slept: believe it and count on from here.
    wallAtAgreement = wall;
    monotonicAtAgreement = monotonic;
    return wall * MICROS_PER_MILLI;
  }

  // Formatting a date costs more than all else here, and a busy millisecond asks many times.
  let formattedMillis = Number.NaN;
  let formatted = '';

  function timestamp(): string {
    const micros = epochMicros();
    const millis = Math.floor(micros / MICROS_PER_MILLI);
    if (millis !== formattedMillis) {
      formattedMillis = millis;
      formatted = new Date(millis).toISOString().slice(0, -1);
    }
    return `${formatted}${String(micros - millis * MICROS_PER_MILLI).padStart(3, '0')}Z`;
  }

  return {
    timestamp,
    epochSeconds: () => epochMicros() / MICROS_PER_SECOND,
    monotonicMicros: () => Math.floor(sources.monotonicMillis() * MICROS_PER_MILLI),
  };
}
