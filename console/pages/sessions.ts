// The list of sessions, with the filters that people ask an auditor's questions with.

import type { Assets } from '#console/assets.ts';
import { type Html, html } from '#console/html.ts';
import type { Filter } from '#console/session-filter.ts';
import type { Visit } from '#console/visits.ts';
import { timeOf } from '#core/display/timeline-words.ts';
import type { SessionSummary } from '#core/evidence/sessions.ts';
import { sessionAddress } from './addresses.ts';
import { layout } from './layout.ts';

export interface ListedSession extends SessionSummary {
  /** Whose it is, where several namespaces are served. */
  readonly namespace: string | undefined;
}

export interface SessionsView {
  readonly sessions: readonly ListedSession[];
  /** More than are shown. */
  readonly isCut: boolean;
  readonly filter: Filter;
  readonly isAuditor: boolean;
  readonly visit: Visit;
}

export function sessionsPage(view: SessionsView, assets: Assets): Html {
  const { sessions, isAuditor, visit, isCut } = view;
  return layout(
    { title: 'Sessions', place: 'sessions', visit, assets },
    html`<h1>Sessions</h1>
<p class="lead">${isAuditor ? 'What agents did here, from the evidence.' : 'What was done here as you, from the evidence.'} Reading is not verifying: for that there is <code>gatehouse evidence verify</code>.</p>
${filterForm(view)}
${sessions.length === 0 ? html`<p class="none">No session fits.</p>` : table(sessions)}
${isCut ? html`<p class="hint">Only the newest ${sessions.length} are shown; narrow the filter for older ones.</p>` : undefined}`,
  );
}

function filterForm({ filter, isAuditor }: SessionsView): Html {
  return html`<form class="filter" method="get" action="/sessions" role="search">
${isAuditor ? html`<p><label for="who">Who</label><input id="who" name="who" value="${filter.who}" maxlength="200" autocomplete="off"></p>` : undefined}
<p><label for="from">From (UTC)</label><input id="from" name="from" type="date" value="${filter.from}"></p>
<p><label for="to">To (UTC)</label><input id="to" name="to" type="date" value="${filter.to}"></p>
<p><label for="with">With</label><select id="with" name="with">${WITH.map(([value, label]) => html`<option value="${value}" ${value === filter.with ? html`selected` : undefined}>${label}</option>`)}</select></p>
<p><button>Filter</button></p>
</form>`;
}

const WITH = [
  ['', 'anything'],
  ['denied', 'denied calls'],
  ['unknown', 'unknown outcomes'],
] as const;

function table(sessions: readonly ListedSession[]): Html {
  return html`<table class="sessions">
<thead><tr><th scope="col">Session</th><th scope="col">Who</th><th scope="col">Last</th><th scope="col" class="number">Calls</th><th scope="col" class="number">Denied</th><th scope="col" class="number">Unknown</th></tr></thead>
<tbody>${sessions.map(row)}</tbody>
</table>`;
}

function row(session: ListedSession): Html {
  const { principal } = session;
  const through = [...(principal?.actors ?? []).map(({ subject }) => subject), principal?.client];
  const parties = through.filter((party) => party !== undefined).join(', ');
  return html`<tr>
<td data-label="Session"><a href="${sessionAddress(session.id, session.namespace)}"><code>${shortId(session.id)}</code></a>${session.namespace === undefined ? undefined : html`<span class="line">${session.namespace}</span>`}</td>
<td data-label="Who"><span>${principal?.subject ?? 'nobody proven'}${parties === '' ? undefined : html`<span class="line">through ${parties}</span>`}</span></td>
<td data-label="Last">${timeOf(session.lastAt)}</td>
<td data-label="Calls" class="number">${session.calls}</td>
<td data-label="Denied" class="number ${session.denied > 0 ? 'bad' : ''}">${session.denied}</td>
<td data-label="Unknown" class="number ${session.unknown > 0 ? 'bad' : ''}">${session.unknown}</td>
</tr>`;
}

/** Enough to tell one from another; the page of the session has all of it. */
function shortId(id: string): string {
  return id.length <= 24 ? id : `${id.slice(0, 23)}…`;
}
