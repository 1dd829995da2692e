// One session as a timeline: when, who, what, the decision and its rule, the approval, the outcome; and
// what was said, where it was recorded and may be opened.

import type { Assets } from '#console/assets.ts';
import { type Html, html } from '#console/html.ts';
import type { Visit } from '#console/visits.ts';
import {
  effectOf,
  methodOf,
  millisOf,
  outcomeOf,
  timeOf,
  whoOf,
} from '#core/display/timeline-words.ts';
import type { SessionSummary, TimelineEntry } from '#core/evidence/sessions.ts';
import { layout } from './layout.ts';

export interface SessionView {
  readonly summary: SessionSummary;
  readonly entries: readonly ShownEntry[];
  /** Entries before the first that is shown, and of the whole session. */
  readonly offset: number;
  readonly total: number;
  readonly visit: Visit;
}

export interface ShownEntry {
  readonly entry: TimelineEntry;
  /** What was sent and what came back, as far as they were recorded. */
  readonly messages: readonly Html[];
}

/** Entries on one page. */
export const PAGE_ENTRIES = 100;

export function sessionPage(view: SessionView, assets: Assets): Html {
  const { summary, entries, total, visit } = view;
  const address = `/sessions/${encodeURIComponent(summary.id)}`;
  return layout(
    { title: `Session ${summary.id}`, place: 'sessions', visit, assets },
    html`<p class="back"><a href="/sessions">Sessions</a></p>
<h1>${summary.principal?.subject ?? 'Nobody proven'}</h1>
<p class="lead">${whoOf(summary.principal)}. ${total} entries from ${timeOf(summary.startedAt)} to ${timeOf(summary.lastAt)}, ${summary.denied} denied, ${summary.unknown} with unknown outcome.</p>
<p class="facts"><span>session <code>${summary.id}</code></span></p>
<p class="buttons"><a class="button" href="${`${address}/replay`}">Replay step by step</a></p>
<ol class="timeline">${entries.map(item)}</ol>
${pager(view, address)}`,
  );
}

function item({ entry, messages }: ShownEntry, index: number, all: readonly ShownEntry[]): Html {
  const [day = '', time] = timeOf(entry.ts).split(' ');
  const before = all[index - 1];
  const isNewDay = before === undefined || !timeOf(before.entry.ts).startsWith(day);
  const outcome = outcomeOf(entry);
  return html`<li>
<p class="when">${isNewDay ? html`<span class="line">${day}</span>` : undefined}${time}</p>
<div class="what">
<p class="line"><b>${methodOf(entry)}</b>${entry.target === undefined ? undefined : html` <code>${entry.target}</code>`} ${badges(entry)}</p>
<p class="facts">${entry.rule === undefined ? undefined : html`<span>rule ${entry.rule}</span>`}${outcome === '-' ? undefined : html`<span>${outcome}</span>`}${entry.durationMicros === undefined ? undefined : html`<span>${millisOf(entry.durationMicros)} ms</span>`}${entry.address === undefined ? undefined : html`<span>from ${entry.address}</span>`}</p>
${approvalOf(entry)}
${messages.length === 0 ? undefined : html`<details><summary>What was said</summary>${messages}</details>`}
</div>
</li>`;
}

const TONES: ReadonlyMap<string, string> = new Map([
  ['Allow', 'good'],
  ['Deny', 'bad'],
  ['RequireApproval', 'waits'],
]);

function badges(entry: TimelineEntry): Html | undefined {
  const { effect } = entry;
  return effect === undefined
    ? undefined
    : html`<span class="badge ${TONES.get(effect) ?? 'over'}">${effectOf(entry)}</span>`;
}

function approvalOf({ approval }: TimelineEntry): Html | undefined {
  if (approval === undefined) return undefined;
  const { id, approver, approvers, choice, reason, refusal } = approval;
  const facts = [
    approvers === undefined ? undefined : `approved by ${approvers.join(', ')}`,
    approver === undefined ? undefined : `${choice ?? 'ended'} by ${approver}`,
    reason === undefined ? undefined : `“${reason}”`,
    refusal === undefined ? undefined : `not taken: ${refusal}`,
  ].filter((fact) => fact !== undefined);
  return html`<p class="facts">${facts.map((fact) => html`<span>${fact}</span>`)}<span>approval <a href="${`/approvals/${encodeURIComponent(id)}`}"><code>${id}</code></a></span></p>`;
}

function pager({ offset, total }: SessionView, address: string): Html | undefined {
  if (total <= PAGE_ENTRIES) return undefined;
  const earlier = Math.max(0, offset - PAGE_ENTRIES);
  const later = offset + PAGE_ENTRIES;
  return html`<nav class="pager" aria-label="Parts of the session">
${offset === 0 ? undefined : html`<a class="button" href="${`${address}?offset=${earlier}`}">Earlier</a>`}
<span>${offset + 1} to ${Math.min(total, later)} of ${total}</span>
${later >= total ? undefined : html`<a class="button" href="${`${address}?offset=${later}`}">Later</a>`}
</nav>`;
}
