// One step of a replayed session, for people and for programs.

import type { StoredRecord } from '#core/evidence/parse-record.ts';
import type { ReplayStep } from '#core/evidence/replay.ts';
import { printable } from './printable.ts';
import type { RecordedMessage } from './recorded-messages.ts';

const ARROWS = { toServer: '->', toClient: '<-', event: ' *' } as const;

/** `+1.204s -> alice tools/call tool:echo: Allow by demo/read`. */
export function stepText(step: ReplayStep, sinceStartMillis: number): string {
  const { record, direction } = step;
  const at = `+${(sinceStartMillis / 1000).toFixed(3)}s`.padStart(10);
  const what = [record.principal?.subject, ...told(record)].filter((part) => part !== undefined);
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

function told(record: StoredRecord): readonly (string | undefined)[] {
  const { type, message, decision, outcome } = record;
  switch (type) {
    case 'intent':
      return [message?.method, message?.target && `${message.target}:`, decisionOf(record)];
    case 'outcome':
      return [message?.method, message?.target && `${message.target}:`, outcomeOf(record)];
    case 'stream.message':
      return [message?.method, decision?.effect === 'Allow' ? undefined : decisionOf(record)];
    case 'redelivery':
      return [message?.method, 'sent again'];
    default:
      return [type, outcome === undefined ? undefined : outcomeOf(record)];
  }
}

function decisionOf({ decision }: StoredRecord): string | undefined {
  if (decision === undefined) {
    return undefined;
  }
  const { effect, rule, reason, observed } = decision;
  const by = rule === undefined ? '' : ` by ${rule}`;
  return `${effect}${observed ? ' (observed)' : ''}${by}${reason === undefined ? '' : `, ${reason}`}`;
}

function outcomeOf({ outcome }: StoredRecord): string | undefined {
  if (outcome === undefined) {
    return undefined;
  }
  const { status, refusal, reason, durationMicros } = outcome;
  const why = [refusal, reason].filter((part) => part !== undefined).join(': ');
  const after =
    durationMicros === undefined ? '' : ` after ${(durationMicros / 1000).toFixed(1)} ms`;
  return `${status}${why === '' ? '' : ` (${why})`}${after}`;
}
