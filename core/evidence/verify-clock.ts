// Follows the clock of a lane. The chain proves the order whatever the clock said, so a step back
// is a note: it tells a reader which times not to lean on.

import type { StoredRecord } from './parse-record.ts';
import type { Report } from './problem.ts';
import type { LanePlace } from './verify-lane.ts';

/** Records of concurrent calls may be stamped a little before they are given their place. */
const TOLERANCE_MILLIS = 5000;

export class ClockCheck {
  #latest = '';
  #worst: { readonly seq: number; readonly seconds: number } | undefined;

  record({ ts, seq }: StoredRecord): void {
    // The format has one width, so text order is time order.
    if (ts >= this.#latest) {
      this.#latest = ts;
      return;
    }
    const millis = Date.parse(this.#latest) - Date.parse(ts);
    const seconds = Math.round(millis / 1000);
    if (millis > TOLERANCE_MILLIS && seconds > (this.#worst?.seconds ?? 0)) {
      this.#worst = { seq, seconds };
    }
  }

  end({ file, lane }: LanePlace, report: Report): void {
    if (this.#worst !== undefined) {
      const { seq, seconds } = this.#worst;
      const message = `the clock went back by ${seconds} s; the order of records still holds`;
      report({ code: 'clock_went_back', message, file, lane, seq });
    }
  }
}
