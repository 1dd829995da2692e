// The review queue: what went on without a decision and is overdue, what is still to be reviewed, and what
// somebody has reviewed.

import type { Assets } from '#console/assets.ts';
import { type Html, html } from '#console/html.ts';
import type { Reader } from '#console/stance.ts';
import type { Visit } from '#console/visits.ts';
import type { Approval } from '#core/approvals/approval.ts';
import { glassOf, type ReviewStanding } from '#core/approvals/break-glass.ts';
import { requestAddress } from './addresses.ts';
import { verbOf } from './approval-words.ts';
import { section } from './card-section.ts';
import { mayReview, reviewBadge, VERDICT_WORDS } from './glass.ts';
import { layout } from './layout.ts';
import { ago, countdown } from './times.ts';

export interface QueuedReview {
  readonly approval: Approval;
  readonly standing: ReviewStanding;
  readonly reader: Reader;
  /** Whose it is, where several namespaces are served. */
  readonly namespace: string | undefined;
}

export interface Queue {
  /** Those that the reader may see, newest first. */
  readonly queue: readonly QueuedReview[];
  readonly visit: Visit;
  readonly nowMillis: number;
}

const MAX_DONE = 20;

export function reviewsPage({ queue, visit, nowMillis }: Queue, assets: Assets): Html {
  const of = (wanted: ReviewStanding) => queue.filter(({ standing }) => standing === wanted);
  const [overdue, open, done] = [of('overdue'), of('open'), of('done')];
  const shown = (item: QueuedReview) => card(item, nowMillis);
  return layout(
    { title: 'Reviews', place: 'reviews', visit, assets },
    html`<h1>Reviews</h1>
<p class="lead">Calls that went on without a decision. Somebody else looks at each within 24 hours; while one is overdue, no more glass is broken for the same approval.</p>
${section({ id: 'overdue', title: 'Overdue' }, overdue, shown)}
${section({ id: 'open', title: 'To be reviewed', none: 'Nothing is to be reviewed.' }, open, shown)}
${section({ id: 'done', title: 'Reviewed' }, done.slice(0, MAX_DONE), shown)}`,
  );
}

function card({ approval, standing, reader, namespace }: QueuedReview, nowMillis: number) {
  const glass = glassOf(approval);
  if (glass === undefined) return undefined;
  const { request } = approval;
  const { person, reason, atMillis, reviewUntilMillis, review } = glass;
  const facts = [
    html`<span>${ago(atMillis, nowMillis)}</span>`,
    namespace === undefined ? undefined : html`<span>namespace ${namespace}</span>`,
    standing === 'open'
      ? html`<span>${countdown(reviewUntilMillis, nowMillis)} left</span>`
      : undefined,
    mayReview(reader, approval) ? html`<span>you may review it</span>` : undefined,
    review === undefined
      ? undefined
      : html`<span>${review.person}: ${VERDICT_WORDS[review.verdict]}, “${review.reason}”</span>`,
  ];
  return html`<li class="card">
<p class="ask"><a href="${requestAddress(request.id, namespace)}"><span class="person">${person}</span> let ${request.requester.person} ${verbOf(request)} <b>${request.target.name}</b></a></p>
<p class="glimpse">“${reason}”</p>
<p class="facts">${facts}</p>
${reviewBadge(standing)}
</li>`;
}
