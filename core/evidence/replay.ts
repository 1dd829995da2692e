// What was said in a session, step by step in the order of its recording: what went to the server, what
// came back, and what was turned away.

import type { StoredRecord } from './parse-record.ts';
import type { RecordedPayload } from './record.ts';

export interface ReplayStep {
  /** Since the step before; 0 for the first. */
  readonly gapMillis: number;
  readonly ts: string;
  /** `event`: nothing was said, as when a session ended or somebody was turned away. */
  readonly direction: 'toServer' | 'toClient' | 'event';
  readonly record: StoredRecord;
  readonly lane: string;
  /** What this step is about: the type of its record, or the method. */
  readonly what: string;
  readonly payload?: RecordedPayload;
}

export function replaySteps(records: readonly StoredRecord[]): readonly ReplayStep[] {
  let before: number | undefined;
  return records.map((record): ReplayStep => {
    const at = Date.parse(record.ts);
    const gapMillis = Math.max(0, at - (before ?? at));
    before = Math.max(at, before ?? at);
    const { ts, lane, payload } = record;
    return {
      gapMillis,
      ts,
      lane,
      record,
      direction: directionOf(record),
      what: record.message?.method ?? record.type,
      ...(payload === undefined ? {} : { payload }),
    };
  });
}

/** An outcome goes against the current of the message it answers. */
function directionOf({ type, message }: StoredRecord): ReplayStep['direction'] {
  const isToServer = message?.direction === 'toServer';
  switch (type) {
    case 'intent':
    case 'stream.message':
    case 'redelivery':
      return isToServer ? 'toServer' : 'toClient';
    case 'outcome':
      return isToServer ? 'toClient' : 'toServer';
    default:
      return 'event';
  }
}
