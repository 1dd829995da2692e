// What is said of an entry of a timeline, in words, for a terminal as for a page. Whoever prints them
// makes them safe to print.

import type { StoredRecord } from '#core/evidence/parse-record.ts';
import type { RecordedPrincipal } from '#core/evidence/record.ts';
import type { TimelineEntry } from '#core/evidence/sessions.ts';

export function whoOf(principal: RecordedPrincipal | undefined): string {
  if (principal === undefined) {
    return 'nobody proven';
  }
  const actors = (principal.actors ?? []).map(({ subject }) => ` through ${subject}`).join('');
  const client = principal.client === undefined ? '' : ` with ${principal.client}`;
  return `${principal.subject} (${principal.issuer})${actors}${client}`;
}

/** To the millisecond; the record has microseconds. */
export function timeOf(ts: string): string {
  return `${ts.slice(0, 'YYYY-MM-DD'.length)} ${ts.slice('YYYY-MM-DDT'.length, -'000Z'.length)}Z`;
}

/** What the server asks or tells is marked, since it runs against the current. */
export function methodOf({ method: name, type, direction }: TimelineEntry): string {
  return direction === 'toClient' && name !== undefined ? `<- ${name}` : (name ?? type);
}

export function effectOf({ effect, observed }: TimelineEntry): string {
  return observed === true ? `${effect} (observed)` : (effect ?? '-');
}

export function outcomeOf({ outcome: status, refusal, reason, type }: TimelineEntry): string {
  if (status === 'unknown' && type === 'intent') {
    return 'outcome unknown';
  }
  const why = [refusal, reason].filter((part) => part !== undefined).join(': ');
  return why === '' ? status || '-' : `${status} (${why})`;
}

export function millisOf(durationMicros: number | undefined): string {
  return durationMicros === undefined ? '-' : (durationMicros / 1000).toFixed(1);
}

/** What one record tells, as the parts of a sentence: `tools/call`, `tool:echo:`, `Allow by demo/read`. */
export function toldBy(record: StoredRecord): readonly string[] {
  return partsOf(record).filter((part) => part !== undefined);
}

function partsOf(record: StoredRecord): readonly (string | undefined)[] {
  const { type, message, decision, outcome } = record;
  switch (type) {
    case 'intent':
      return [message?.method, message?.target && `${message.target}:`, decidedBy(record)];
    case 'outcome':
      return [message?.method, message?.target && `${message.target}:`, endedBy(record)];
    case 'stream.message':
      return [message?.method, decision?.effect === 'Allow' ? undefined : decidedBy(record)];
    case 'redelivery':
      return [message?.method, 'sent again'];
    default:
      return [type, outcome === undefined ? undefined : endedBy(record)];
  }
}

function decidedBy({ decision }: StoredRecord): string | undefined {
  if (decision === undefined) {
    return undefined;
  }
  const { effect, rule, reason, observed } = decision;
  const by = rule === undefined ? '' : ` by ${rule}`;
  return `${effect}${observed ? ' (observed)' : ''}${by}${reason === undefined ? '' : `, ${reason}`}`;
}

function endedBy({ outcome }: StoredRecord): string | undefined {
  if (outcome === undefined) {
    return undefined;
  }
  const { status, refusal, reason, durationMicros } = outcome;
  const why = [refusal, reason].filter((part) => part !== undefined).join(': ');
  const after =
    durationMicros === undefined ? '' : ` after ${(durationMicros / 1000).toFixed(1)} ms`;
  return `${status}${why === '' ? '' : ` (${why})`}${after}`;
}
