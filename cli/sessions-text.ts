// What `sessions list` and `sessions show` print for people. Every cell is of somebody else's making, so
// every cell is made printable.

import {
  effectOf,
  methodOf,
  millisOf,
  outcomeOf,
  timeOf,
  whoOf,
} from '#core/display/timeline-words.ts';
import type { SessionSummary, TimelineEntry } from '#core/evidence/sessions.ts';
import { columns, printable } from './printable.ts';

export function listText(sessions: readonly SessionSummary[]): string {
  if (sessions.length === 0) {
    return 'no sessions are recorded yet\n';
  }
  const rows = sessions.map((session) =>
    [
      session.id,
      whoOf(session.principal),
      timeOf(session.startedAt),
      timeOf(session.lastAt),
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
      timeOf(entry.ts),
      entry.principal?.subject ?? entry.address ?? '-',
      methodOf(entry),
      entry.target ?? '-',
      effectOf(entry),
      entry.rule ?? '-',
      outcomeOf(entry),
      millisOf(entry.durationMicros),
    ].map(printable),
  );
  const head = `session ${session.id}: ${whoOf(session.principal)}, ${session.calls} calls, ${session.denied} denied, ${session.unknown} with unknown outcome`;
  const titles = ['TIME', 'WHO', 'METHOD', 'TARGET', 'DECISION', 'RULE', 'OUTCOME', 'MS'];
  return `${printable(head)}\n\n${columns([titles, ...rows])}`;
}

/** One line for what is told of an entry below the timeline. */
export function entryHead(entry: TimelineEntry): string {
  const parts = [timeOf(entry.ts), entry.principal?.subject, methodOf(entry), entry.target];
  return printable(parts.filter((part) => part !== undefined).join(' '));
}
