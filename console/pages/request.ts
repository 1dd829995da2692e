// One request: who wants what, on whose behalf and why the policy asks, the arguments as they are bound,
// and what may be done about it.

import type { Assets } from '#console/assets.ts';
import { type Html, html } from '#console/html.ts';
import { type Reader, type Stance, stanceOf } from '#console/stance.ts';
import type { Visit } from '#console/visits.ts';
import type { Approval, Vote } from '#core/approvals/approval.ts';
import type { ReviewStanding } from '#core/approvals/break-glass.ts';
import { MAX_REASON_CHARS } from '#core/approvals/reason.ts';
import { requestDigest } from '#core/approvals/request.ts';
import { requestAddress } from './addresses.ts';
import {
  allowanceWords,
  boundWords,
  neededWords,
  placeWords,
  progressWords,
  stateBadge,
  throughWords,
  verbOf,
} from './approval-words.ts';
import { glassSection } from './glass.ts';
import { jsonBlock } from './json-block.ts';
import { layout } from './layout.ts';
import { ago, countdown, moment } from './times.ts';

export interface RequestView {
  readonly approval: Approval;
  /** Whose it is, where several namespaces are served. */
  readonly namespace: string | undefined;
  readonly reader: Reader;
  readonly visit: Visit;
  readonly nowMillis: number;
  /** What the rule says to callers, of the policy in force. */
  readonly message?: string | undefined;
  /** Of the same tool, over, newest first. */
  readonly similar: readonly Approval[];
  /** How the review of broken glass stands; undefined where none was. */
  readonly review?: ReviewStanding | undefined;
  /** What was wrong with what was just sent. */
  readonly problem?: string | undefined;
  /** What was written, where it was not taken. */
  readonly draft?: string | undefined;
}

export function requestPage(view: RequestView, assets: Assets): Html {
  const { approval, visit, problem } = view;
  const { request } = approval;
  const { requester, target } = request;
  const stance = stanceOf(view.reader, approval);
  const isOwn = stance === 'own';
  return layout(
    { title: `${target.name} for ${requester.person}`, place: 'approvals', visit, assets },
    html`<p class="back"><a href="/">Approvals</a></p>
<article class="request">
<header>
${standing(view, stance)}
<h1><span class="person">${isOwn ? 'You' : requester.person}</span> ${isOwn ? 'ask' : 'asks'} to ${verbOf(request)} <b>${target.name}</b></h1>
${because(view)}
</header>
${problem === undefined ? undefined : html`<p class="notice problem" role="alert">${problem}</p>`}
<section class="arguments">
<h2>Arguments</h2>
${jsonBlock(request.preview)}
${boundWords(request)}
</section>
${glassSection({ ...view, review: view.review })}
${decision(view, stance)}
<section>
<h2>The request</h2>
${facts(view)}
</section>
${votes(approval)}
${similar(view)}
</article>`,
  );
}

function standing({ approval, nowMillis }: RequestView, stance: Stance): Html {
  return html`<p class="standing" id="standing" data-live="${`${approval.version} ${stance}`}" aria-live="polite">${stateBadge(approval)}
${until(approval, nowMillis)}</p>`;
}

function until(approval: Approval, nowMillis: number): Html {
  switch (approval.state) {
    case 'PENDING':
      return html`<span>${progressWords(approval)}</span><span>${countdown(approval.pendingUntilMillis, nowMillis)} left to decide</span>`;
    case 'GRANTED':
      return html`<span>${countdown(approval.grant.expiresAtMillis, nowMillis)} left to use it</span>`;
    case 'CONSUMED':
    case 'DONE':
      return html`<span>used ${approval.spending.uses} of ${approval.grant.maxUses}</span>`;
    case 'DENIED':
    case 'EXPIRED':
    case 'CANCELLED':
    case 'REVOKED':
      return html`<span>${ago(approval.ending.atMillis, nowMillis)}</span>${endedBy(approval.ending)}`;
  }
}

function endedBy({ by, reason }: Extract<Approval, { readonly ending: object }>['ending']): Html {
  return html`${by === undefined ? undefined : html`<span>by ${by.subject}</span>`}${reason === undefined ? undefined : html`<span>“${reason}”</span>`}`;
}

/** What to know before the arguments: why the policy asks, who stands between, and where it would happen. */
function because({ approval, message, namespace }: RequestView): Html {
  const { requester, rule } = approval.request;
  const through = throughWords(requester);
  return html`<p class="lead">${message === undefined ? html`Rule ${rule} asks for a decision.` : message}${through === undefined ? undefined : html` The call comes through ${through}.`}</p>
${placeWords(approval.request, namespace)}`;
}

/** What this reader may do; replaced by the script when that changes, and never while it does not. */
function decision(view: RequestView, stance: Stance): Html {
  const { approval, reader, nowMillis } = view;
  const isFresh = reader.decidesUntilSeconds * 1000 > nowMillis;
  const isOpen = canAct(approval, stance);
  const live = `${approval.state} ${stance} ${isFresh}`;
  return html`<section class="${isOpen ? 'decision open' : 'decision'}" id="decision" data-live="${live}" aria-label="Decision">
${isOpen && !isFresh ? signInAgain(view) : offer(view, stance)}
</section>`;
}

function canAct({ state }: Approval, stance: Stance): boolean {
  return stance === 'decide' || stance === 'revoke' || (stance === 'own' && state === 'PENDING');
}

function offer(view: RequestView, stance: Stance): Html | undefined {
  const { state } = view.approval;
  switch (stance) {
    case 'decide':
      return reasonForm(view, [
        ['approve', 'Approve', 'primary'],
        ['deny', 'Deny', 'danger'],
      ]);
    case 'revoke':
      return reasonForm(view, [['revoke', 'Take the approval back', 'danger']]);
    case 'approved':
      return html`<p class="hint">You have approved this. ${state === 'PENDING' ? 'Another person must approve it too.' : undefined}</p>`;
    case 'own':
      return state === 'PENDING' ? ownForm(view) : undefined;
    case 'read':
      return undefined;
  }
}

type Choice = readonly [act: string, label: string, tone: 'primary' | 'danger'];

function reasonForm(view: RequestView, choices: readonly Choice[]): Html {
  const { approval, visit, reader, nowMillis, draft } = view;
  return html`<form method="post" action="${addressOf(view)}">
<input type="hidden" name="form" value="${visit.formToken}">
<input type="hidden" name="seen" value="${requestDigest(approval.request)}">
<label for="reason">Why</label>
<textarea id="reason" name="reason" rows="2" maxlength="${MAX_REASON_CHARS}" required aria-describedby="reason-hint">${draft}</textarea>
<p class="hint" id="reason-hint">One line, kept in the evidence and shown to whoever asked.</p>
<p class="buttons">${choices.map(([act, label, tone]) => html`<button name="act" value="${act}" class="${tone}">${label}</button>`)}</p>
<p class="hint">Your sign-in is good for deciding for ${countdown(reader.decidesUntilSeconds * 1000, nowMillis)} more.</p>
</form>`;
}

function ownForm(view: RequestView): Html {
  const { visit, draft } = view;
  return html`<form method="post" action="${addressOf(view)}">
<input type="hidden" name="form" value="${visit.formToken}">
<p>This is your own request, so somebody else must decide it.</p>
<label for="reason">Why you do not want it any more <span class="optional">(optional)</span></label>
<textarea id="reason" name="reason" rows="2" maxlength="${MAX_REASON_CHARS}">${draft}</textarea>
<p class="buttons"><button name="act" value="cancel" class="danger">Cancel the request</button></p>
</form>`;
}

function signInAgain(view: RequestView): Html {
  const query = new URLSearchParams({ to: addressOf(view), anew: '1' });
  return html`<p>You signed in over 15 minutes ago. To decide, sign in again; you come back to this page.</p>
<p class="buttons"><a class="button primary" href="${`/sign-in?${query}`}">Sign in again</a></p>`;
}

function facts({ approval, message, namespace }: RequestView): Html {
  const { request } = approval;
  const { requester } = request;
  const rows: readonly (readonly [string, Html | string | undefined])[] = [
    [
      'Asked by',
      html`${requester.person} <span class="id">${requester.subject}, ${requester.issuer}</span>`,
    ],
    ['Through', throughWords(requester)],
    ['Namespace', namespace],
    ['Server', request.server],
    ['Method', `${request.method} ${request.target.name}`],
    [
      'Why it asks',
      html`rule <b>${request.rule}</b>${message === undefined ? undefined : html`: ${message}`}`,
    ],
    [
      'Who decides',
      html`${neededWords(request).map((need) => html`<span class="line">${need}</span>`)}`,
    ],
    ['Allows', allowanceWords(request)],
    ['Asked', moment(approval.requestedAtMillis)],
    ['Waits until', moment(approval.pendingUntilMillis)],
    ['Approval', html`<code>${request.id}</code>`],
  ];
  return html`<dl class="facts">${rows.map(([name, value]) => (value === undefined ? undefined : html`<div><dt>${name}</dt><dd>${value}</dd></div>`))}</dl>`;
}

function votes(approval: Approval): Html {
  const live = approval.votes.length;
  return html`<section id="votes" data-live="${live}" ${live === 0 ? html`hidden` : undefined}>
<h2>Decisions so far</h2>
<ol class="votes">${approval.votes.map(voteItem)}</ol>
</section>`;
}

function voteItem({ choice, person, reason, atMillis }: Vote): Html {
  const word = choice === 'approve' ? 'approved' : 'denied';
  return html`<li><b>${person}</b> ${word}: “${reason}” <span class="when">${moment(atMillis)}</span></li>`;
}

function similar({ similar: others, nowMillis, namespace }: RequestView): Html | undefined {
  if (others.length === 0) return undefined;
  return html`<section>
<h2>Decided before, same tool</h2>
<ul class="similar">${others.map((other) => similarItem(other, addressOf({ approval: other, namespace }), nowMillis))}</ul>
</section>`;
}

function similarItem(other: Approval, address: string, nowMillis: number): Html {
  const { request, votes: cast } = other;
  const last = cast.at(-1);
  return html`<li>${stateBadge(other)} <a href="${address}">${request.requester.person}</a>, ${ago(other.requestedAtMillis, nowMillis)}${last === undefined ? undefined : html`<span class="line">${last.person}: “${last.reason}”</span>`}</li>`;
}

function addressOf({ approval, namespace }: Pick<RequestView, 'approval' | 'namespace'>): string {
  return requestAddress(approval.request.id, namespace);
}
