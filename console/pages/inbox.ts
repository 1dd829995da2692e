// The inbox: what waits for the reader first, then what waits for others, what is granted, what is over.

import type { Assets } from '#console/assets.ts';
import { type Html, html } from '#console/html.ts';
import { type Reader, type Stance, stanceOf } from '#console/stance.ts';
import type { Visit } from '#console/visits.ts';
import type { Approval } from '#core/approvals/approval.ts';
import { requestAddress } from './addresses.ts';
import { progressWords, stateBadge, throughWords, verbOf } from './approval-words.ts';
import { section } from './card-section.ts';
import { mayReview } from './glass.ts';
import { layout } from './layout.ts';
import { ago, countdown } from './times.ts';

export interface InboxItem {
  readonly approval: Approval;
  readonly reader: Reader;
  /** Whose it is, where several namespaces are served. */
  readonly namespace: string | undefined;
}

export interface Inbox {
  /** Newest first. */
  readonly items: readonly InboxItem[];
  readonly visit: Visit;
  readonly nowMillis: number;
  /** How many of what is over to show. */
  readonly endedLimit: number;
}

const MAX_GLIMPSE_CHARS = 160;

export function inboxPage(inbox: Inbox, assets: Assets): Html {
  const { visit } = inbox;
  const stances = inbox.items.map((item) => ({
    ...item,
    stance: stanceOf(item.reader, item.approval),
  }));
  const inState = (...states: readonly Approval['state'][]) =>
    stances.filter(({ approval }) => states.includes(approval.state));
  const mine = stances.filter(({ stance }) => stance === 'decide');
  const others = inState('PENDING').filter(({ stance }) => stance !== 'decide');
  const granted = inState('GRANTED');
  const ended = stances.filter(
    ({ approval: { state } }) => state !== 'PENDING' && state !== 'GRANTED',
  );
  const shown = (item: Listed[number]) => card(item, inbox);
  const waiting = mine.length === 0 ? '' : `(${mine.length}) `;
  return layout(
    { title: `${waiting}Approvals`, place: 'approvals', visit, assets },
    html`<h1>Approvals</h1>
${reviewsOwed(inbox)}
${section({ id: 'mine', title: 'For you to decide', none: 'Nothing waits for you.' }, mine, shown)}
${section({ id: 'others', title: 'Waiting for others' }, others, shown)}
${section({ id: 'granted', title: 'Granted, not used yet' }, granted, shown)}
${section({ id: 'ended', title: 'Decided', none: 'Nothing has been decided yet.' }, ended.slice(0, inbox.endedLimit), shown)}
${ended.length > inbox.endedLimit ? html`<p class="more"><a href="${`/?ended=${inbox.endedLimit * 4}`}">Show more</a></p>` : undefined}`,
  );
}

/** Reviews have a page of their own; here it is said that some wait. */
function reviewsOwed({ items }: Inbox): Html {
  const owed = items.filter(({ reader, approval }) => mayReview(reader, approval)).length;
  const what = owed === 1 ? 'One call' : `${owed} calls`;
  return html`<p id="reviews" class="notice" data-live="${owed}" ${owed === 0 ? html`hidden` : undefined}><a href="/reviews">${what} went on without a decision, for you to review</a></p>`;
}

type Listed = readonly (InboxItem & { readonly stance: Stance })[];

function card({ approval, stance, namespace }: Listed[number], { nowMillis }: Inbox): Html {
  const { request, state } = approval;
  const { requester, target } = request;
  const through = throughWords(requester);
  return html`<li class="card">
<p class="ask"><a href="${requestAddress(request.id, namespace)}"><span class="person">${stance === 'own' ? 'You' : requester.person}</span> ${stance === 'own' ? 'ask' : 'asks'} to ${verbOf(request)} <b>${target.name}</b></a></p>
<p class="glimpse"><code>${glimpse(request.preview)}</code></p>
<p class="facts">${through === undefined ? undefined : html`<span>through ${through}</span>`}${namespace === undefined ? undefined : html`<span>namespace ${namespace}</span>`}<span>rule ${request.rule}</span>${standing(approval, stance, nowMillis)}</p>
${state === 'PENDING' ? undefined : stateBadge(approval)}
</li>`;
}

function standing(approval: Approval, stance: Stance, nowMillis: number): Html {
  if (approval.state === 'PENDING') {
    const mine = stance === 'approved' ? 'you approved, ' : '';
    return html`<span>${mine}${progressWords(approval)}</span><span>${countdown(approval.pendingUntilMillis, nowMillis)} left</span>`;
  }
  if (approval.state === 'GRANTED') {
    return html`<span>${countdown(approval.grant.expiresAtMillis, nowMillis)} left to use it</span>`;
  }
  const last = approval.votes.at(-1);
  return html`<span>asked ${ago(approval.requestedAtMillis, nowMillis)}</span>${last === undefined ? undefined : html`<span>${last.person}: “${last.reason}”</span>`}`;
}

/** The start of the arguments, on one line. */
function glimpse(preview: string): string {
  const line = preview.replaceAll(/\s+/g, ' ');
  return line.length <= MAX_GLIMPSE_CHARS
    ? line
    : `${line.slice(0, MAX_GLIMPSE_CHARS).toWellFormed()}…`;
}
