// Broken glass on pages: the form that breaks it, and on the page of its request who did, why, and the review
// that somebody else owes.

import type { Assets } from '#console/assets.ts';
import { type Html, html } from '#console/html.ts';
import type { Reader } from '#console/stance.ts';
import type { Visit } from '#console/visits.ts';
import type { Approval } from '#core/approvals/approval.ts';
import {
  breakingRefusal,
  type GlassReview,
  glassOf,
  type ReviewStanding,
  reviewRefusal,
  type Verdict,
} from '#core/approvals/break-glass.ts';
import { MAX_REASON_CHARS } from '#core/approvals/reason.ts';
import { requestDigest } from '#core/approvals/request.ts';
import { breakingAddress, requestAddress } from './addresses.ts';
import { boundWords, placeWords, verbOf } from './approval-words.ts';
import { jsonBlock } from './json-block.ts';
import { layout } from './layout.ts';
import { countdown, moment } from './times.ts';

export interface GlassView {
  readonly approval: Approval;
  /** Whose it is, where several namespaces are served. */
  readonly namespace: string | undefined;
  readonly reader: Reader;
  readonly visit: Visit;
  readonly nowMillis: number;
  /** Undefined where no glass was broken. */
  readonly review: ReviewStanding | undefined;
  readonly problem?: string | undefined;
  /** What was written, where it was not taken. */
  readonly draft?: string | undefined;
}

/** On the page of a request; there also when it is empty, for the script to fill. */
export function glassSection(view: GlassView): Html {
  const { approval, review, reader } = view;
  const live = `${review ?? approval.state} ${isFresh(view)}`;
  if (review !== undefined) {
    return html`<section class="${mayReview(reader, approval) ? 'decision open' : 'decision'}" id="glass" data-live="${live}">
<h2>Broken glass</h2>
${brokenWords(view)}
${reviewPart(view)}
</section>`;
  }
  const isOffered = approval.state === 'PENDING' && mayBreak(reader, approval);
  return html`<section id="glass" data-live="${live}" ${isOffered ? undefined : html`hidden`}>
<h2>In an emergency</h2>
<p>The policy lets you go on without a decision. It raises an alert, and somebody else must review it.</p>
<p class="buttons"><a class="button" href="${breakAddress(view)}">Break the glass…</a></p>
</section>`;
}

export function breakGlassPage(view: GlassView, assets: Assets): Html {
  const { approval, visit, problem } = view;
  const { request } = approval;
  return layout(
    { title: `Break the glass for ${request.target.name}`, place: 'approvals', visit, assets },
    html`<p class="back"><a href="${addressOf(view)}">The request</a></p>
<article class="request">
<header>
<h1>Break the glass to ${verbOf(request)} <b>${request.target.name}</b></h1>
<p class="lead">The call of ${request.requester.person} goes on at once, without anybody's decision.</p>
${placeWords(request, view.namespace)}
</header>
${problem === undefined ? undefined : html`<p class="notice problem" role="alert">${problem}</p>`}
<section class="arguments">
<h2>Arguments</h2>
${jsonBlock(request.preview)}
${boundWords(request)}
</section>
<section class="decision open" aria-label="Break the glass">
<ul class="plain">
<li>It is for this request as it stands, for 30 minutes at most.</li>
<li>Your name and your reason are in the evidence, and people are alerted now.</li>
<li>An approver other than you and the requester must review it within 24 hours. While that is overdue, nobody breaks glass for this approval again, nor do you for any.</li>
</ul>
${isFresh(view) ? breakForm(view) : signInAgain(breakAddress(view))}
</section>
</article>`,
  );
}

function breakForm(view: GlassView): Html {
  const { approval, visit, draft } = view;
  return html`<form method="post" action="${addressOf(view)}">
<input type="hidden" name="form" value="${visit.formToken}">
<input type="hidden" name="seen" value="${requestDigest(approval.request)}">
<label for="glass-reason">Why it cannot wait</label>
<textarea id="glass-reason" name="reason" rows="2" maxlength="${MAX_REASON_CHARS}" required aria-describedby="glass-hint">${draft}</textarea>
<p class="hint" id="glass-hint">One line, kept in the evidence and read by whoever reviews it.</p>
<p class="buttons"><button name="act" value="break-glass" class="danger">Break the glass</button></p>
</form>`;
}

export function mayBreak({ approver }: Reader, { request }: Approval): boolean {
  return breakingRefusal(approver, request) === undefined;
}

export function mayReview({ approver }: Reader, approval: Approval): boolean {
  return reviewRefusal(approver, approval) === undefined;
}

const STANDINGS: Readonly<Record<ReviewStanding, readonly [word: string, tone: string]>> = {
  open: ['To be reviewed', 'waits'],
  overdue: ['Review overdue', 'bad'],
  done: ['Reviewed', 'over'],
};

export function reviewBadge(standing: ReviewStanding): Html {
  const [word, tone] = STANDINGS[standing];
  return html`<span class="badge ${tone}">${word}</span>`;
}

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  justified: 'justified',
  unjustified: 'not justified',
};

function brokenWords({ approval, review, nowMillis }: GlassView): Html | undefined {
  const glass = glassOf(approval);
  if (glass === undefined || review === undefined) return undefined;
  const { person, reason, atMillis, reviewUntilMillis } = glass;
  const due =
    review === 'open'
      ? html`<span>${countdown(reviewUntilMillis, nowMillis)} left to review it</span>`
      : undefined;
  return html`<p class="standing">${reviewBadge(review)}${due}</p>
<p><b>${person}</b> let this go on without a decision: “${reason}” <span class="when">${moment(atMillis)}</span></p>`;
}

function reviewPart(view: GlassView): Html | undefined {
  const { approval, reader } = view;
  const review = glassOf(approval)?.review;
  if (review !== undefined) return reviewWords(review);
  if (!mayReview(reader, approval)) return undefined;
  return isFresh(view) ? reviewForm(view) : signInAgain(addressOf(view));
}

function reviewWords({ person, verdict, reason, atMillis }: GlassReview): Html {
  return html`<p><b>${person}</b> finds it ${VERDICT_WORDS[verdict]}: “${reason}” <span class="when">${moment(atMillis)}</span></p>`;
}

function reviewForm(view: GlassView): Html {
  const { visit, draft } = view;
  return html`<form method="post" action="${addressOf(view)}">
<input type="hidden" name="form" value="${visit.formToken}">
<input type="hidden" name="act" value="review">
<label for="review-reason">What you find</label>
<textarea id="review-reason" name="reason" rows="2" maxlength="${MAX_REASON_CHARS}" required aria-describedby="review-hint">${draft}</textarea>
<p class="hint" id="review-hint">One line, kept in the evidence. A review is given once.</p>
<p class="buttons"><button name="verdict" value="justified" class="primary">It was justified</button><button name="verdict" value="unjustified" class="danger">It was not</button></p>
</form>`;
}

function isFresh({ reader, nowMillis }: GlassView): boolean {
  return reader.decidesUntilSeconds * 1000 > nowMillis;
}

function signInAgain(to: string): Html {
  const query = new URLSearchParams({ to, anew: '1' });
  return html`<p>You signed in over 15 minutes ago. Sign in again for this; you come back to this page.</p>
<p class="buttons"><a class="button primary" href="${`/sign-in?${query}`}">Sign in again</a></p>`;
}

type Addressed = Pick<GlassView, 'approval' | 'namespace'>;

function addressOf({ approval, namespace }: Addressed): string {
  return requestAddress(approval.request.id, namespace);
}

function breakAddress({ approval, namespace }: Addressed): string {
  return breakingAddress(approval.request.id, namespace);
}
