// What `sessions list` and `sessions show` print for people. Every cell is of somebody else's making, so
// every cell is made printable.

import type { RecordedPrincipal } from '#core/evidence/record.ts';
import type { SessionSummary, TimelineEntry } from '#core/evidence/sessions.ts';
import { columns, printable } from './printable.ts';

export function listText(sessions: readonly SessionSummary[]): string {
  if (sessions.length === 0) {
    return 'no sessions are recorded yet\n';
  }
  const rows = sessions.map((session) =>
    [
      session.id,
      who(session.principal),
      time(session.startedAt),
      time(session.lastAt),
      String(session.calls),
      String(session.denied),
      String(session.unknown),
    ].map(printable),
  );
  return columns([['SESSION', 'WHO', 'STARTED', 'LAST', 'CALLS', 'DENIED', 'UNKNOWN'], ...rows]);
}

export function showText(session: SessionSummary, timeline: readonly TimelineEntry[]): string {
  const rows = timeline.map((entry) =>
    [
      time(entry.ts),
      entry.principal?.subject ?? entry.address ?? '-',
      method(entry),
      entry.target ?? '-',
      decision(entry),
      entry.rule ?? '-',
      outcome(entry),
      millis(entry.durationMicros),
    ].map(printable),
  );
  const head = `session ${session.id}: ${who(session.principal)}, ${session.calls} calls, ${session.denied} denied, ${session.unknown} with unknown outcome`;
  const titles = ['TIME', 'WHO', 'METHOD', 'TARGET', 'DECISION', 'RULE', 'OUTCOME', 'MS'];
  return `${printable(head)}\n\n${columns([titles, ...rows])}`;
}

/** One line for what is told of an entry below the timeline. */
export function entryHead(entry: TimelineEntry): string {
  const parts = [time(entry.ts), entry.principal?.subject, method(entry), entry.target];
  return printable(parts.filter((part) => part !== undefined).join(' '));
}

function who(principal: RecordedPrincipal | undefined): string {
  if (principal === undefined) {
    return 'nobody proven';
  }
  const actors = (principal.actors ?? []).map(({ subject }) => ` through ${subject}`).join('');
  const client = principal.client === undefined ? '' : ` with ${principal.client}`;
  return `${principal.subject} (${principal.issuer})${actors}${client}`;
}

/** To the millisecond; the record has microseconds. */
function time(ts: string): string {
  return `${ts.slice(0, 'YYYY-MM-DD'.length)} ${ts.slice('YYYY-MM-DDT'.length, -'000Z'.length)}Z`;
}

/** What the server asks or tells is marked, since it runs against the current. */
function method({ method: name, type, direction }: TimelineEntry): string {
  return direction === 'toClient' && name !== undefined ? `<- ${name}` : (name ?? type);
}

function decision({ effect, observed }: TimelineEntry): string {
  return observed === true ? `${effect} (observed)` : (effect ?? '-');
}

function outcome({ outcome: status, refusal, reason, type }: TimelineEntry): string {
  if (status === 'unknown' && type === 'intent') {
    return 'outcome unknown';
  }
  const why = [refusal, reason].filter((part) => part !== undefined).join(': ');
  return why === '' ? status || '-' : `${status} (${why})`;
}

function millis(durationMicros: number | undefined): string {
  return durationMicros === undefined ? '-' : (durationMicros / 1000).toFixed(1);
}
