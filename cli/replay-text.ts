// One step of a replayed session, for people and for programs.

import { toldBy } from '#core/display/timeline-words.ts';
import type { ReplayStep } from '#core/evidence/replay.ts';
import type { RecordedMessage } from '#core/recordings/recorded-messages.ts';
import { printable } from './printable.ts';

const ARROWS = { toServer: '->', toClient: '<-', event: ' *' } as const;

/** `+1.204s -> alice tools/call tool:echo: Allow by demo/read`. */
export function stepText(step: ReplayStep, sinceStartMillis: number): string {
  const { record, direction } = step;
  const at = `+${(sinceStartMillis / 1000).toFixed(3)}s`.padStart(10);
  const what = [record.principal?.subject, ...toldBy(record)].filter((part) => part !== undefined);
  return `${printable(`${at} ${ARROWS[direction]} ${what.join(' ')}`)}\n`;
}

export function gapText(gapMillis: number): string {
  return `           … ${(gapMillis / 1000).toFixed(1)} s pass\n`;
}

export function stepJson(
  { ts, direction, what, record }: ReplayStep,
  sinceStartMillis: number,
  message: RecordedMessage | undefined,
): object {
  const {
    type,
    lane,
    seq,
    exchange,
    principal,
    message: about,
    decision,
    outcome,
    payload,
  } = record;
  return {
    sinceStartMillis,
    ts,
    direction,
    what,
    type,
    lane,
    seq,
    exchange,
    principal,
    about,
    decision,
    outcome,
    payload,
    message,
  };
}
