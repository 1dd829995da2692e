// Points in time, from how records write them to how OpenTelemetry does: whole microseconds since 1970
// in between, which a number holds exactly for the next two centuries.

import type { HrTime } from '@opentelemetry/api';

const MICROS_PER_SECOND = 1_000_000;
/** `2026-03-01T12:00:00`; a dot, six digits and a Z follow. */
const WHOLE_SECONDS_CHARS = 19;

/** Of RFC 3339 in UTC with microseconds. */
export function epochMicros(timestamp: string): number {
  const millis = Date.parse(`${timestamp.slice(0, WHOLE_SECONDS_CHARS)}Z`);
  const micros = Number(timestamp.slice(WHOLE_SECONDS_CHARS + 1, -1));
  return millis * 1000 + micros;
}

export function hrTime(micros: number): HrTime {
  const seconds = Math.floor(micros / MICROS_PER_SECOND);
  return [seconds, (micros - seconds * MICROS_PER_SECOND) * 1000];
}

export function inSeconds(micros: number): number {
  return micros / MICROS_PER_SECOND;
}
