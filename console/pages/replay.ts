// One step of a session: what went to the server, what came back, and how long after the start. Links lead
// from step to step; the script plays them in their own time.

import type { Assets } from '#console/assets.ts';
import { type Html, html } from '#console/html.ts';
import type { Visit } from '#console/visits.ts';
import { timeOf, toldBy } from '#core/display/timeline-words.ts';
import type { ReplayStep } from '#core/evidence/replay.ts';
import { replayAddress, sessionAddress } from './addresses.ts';
import { layout } from './layout.ts';
import { spanText } from './times.ts';

export interface ReplayView {
  readonly sessionId: string;
  /** Whose it is, where several namespaces are served. */
  readonly namespace: string | undefined;
  readonly step: ReplayStep;
  /** From 0. */
  readonly index: number;
  readonly total: number;
  readonly sinceStartMillis: number;
  /** Until the next step. */
  readonly gapMillis: number;
  readonly message?: Html | undefined;
  readonly visit: Visit;
}

const DIRECTIONS = {
  toServer: 'To the server',
  toClient: 'To the client',
  event: 'Nothing was sent',
} as const;

export function replayPage(view: ReplayView, assets: Assets): Html {
  const { sessionId, namespace, step, index, total, visit, message } = view;
  const address = (to: number) => replayAddress(sessionId, { namespace, step: to + 1 });
  return layout(
    { title: `Step ${index + 1} of ${total}`, place: 'sessions', visit, assets },
    html`<p class="back"><a href="${sessionAddress(sessionId, namespace)}">Session</a></p>
<article class="replay" id="replay" data-gap="${view.gapMillis}">
<header>
<p class="standing"><span class="badge ${step.direction}">${DIRECTIONS[step.direction]}</span><span>${since(view.sinceStartMillis)}</span><span>${timeOf(step.ts)}</span></p>
<h1>${step.record.principal?.subject ?? step.what} <small>${toldBy(step.record).join(' ')}</small></h1>
<progress max="${total}" value="${index + 1}" aria-label="Position">${index + 1} of ${total}</progress>
<nav class="pager" aria-label="Steps">
${link({ to: index - 1, total, address }, 'Back', 'prev')}
<span>${index + 1} of ${total}</span> <button type="button" id="play" hidden>Play</button>
${link({ to: index + 1, total, address }, 'Next', 'next')}
</nav>
</header>
${message ?? html`<p class="hint">No message was recorded with this step.</p>`}
</article>`,
  );
}

function since(millis: number): string {
  return millis < 1000 ? `+${millis} ms` : `+${spanText(millis)}`;
}

interface Step {
  readonly to: number;
  readonly total: number;
  readonly address: (step: number) => string;
}

function link({ to, total, address }: Step, label: string, rel: 'prev' | 'next'): Html {
  return to < 0 || to >= total
    ? html`<span class="button off">${label}</span>`
    : html`<a class="button" rel="${rel}" href="${address(to)}">${label}</a>`;
}
