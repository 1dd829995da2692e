// Which sessions somebody wants to see, as the address of the page says it.

import type { SessionSummary } from '#core/evidence/sessions.ts';

export interface Filter {
  /** Part of the subject, of an actor or of the client; any case. */
  readonly who: string;
  /** Days in UTC, `2026-11-28`, both included; empty: any. */
  readonly from: string;
  readonly to: string;
  readonly with: '' | 'denied' | 'unknown';
}

const DAY = /^\d{4}-\d\d-\d\d$/;
const MAX_WHO_CHARS = 200;

/** What cannot be understood filters nothing; the form shows what was understood. */
export function readFilter(query: URLSearchParams): Filter {
  const day = (name: string): string => {
    const given = query.get(name) ?? '';
    return DAY.test(given) ? given : '';
  };
  const wanted = query.get('with');
  return {
    who: (query.get('who') ?? '').trim().slice(0, MAX_WHO_CHARS),
    from: day('from'),
    to: day('to'),
    with: wanted === 'denied' || wanted === 'unknown' ? wanted : '',
  };
}

/** A session fits when any of its time lies in the days asked for. */
export function fits(session: SessionSummary, filter: Filter): boolean {
  const { who, from, to } = filter;
  return (
    (who === '' ||
      partiesOf(session).some((party) => party.toLowerCase().includes(who.toLowerCase()))) &&
    (from === '' || dayOf(session.lastAt) >= from) &&
    (to === '' || dayOf(session.startedAt) <= to) &&
    (filter.with === '' || session[filter.with] > 0)
  );
}

function partiesOf({ principal }: SessionSummary): readonly string[] {
  if (principal === undefined) return [];
  const { subject, actors = [], client } = principal;
  return [
    subject,
    ...actors.map((actor) => actor.subject),
    ...(client === undefined ? [] : [client]),
  ];
}

function dayOf(ts: string): string {
  return ts.slice(0, 'YYYY-MM-DD'.length);
}
