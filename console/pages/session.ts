// One session as a timeline: when, who, what, the decision and its rule, the approval, the outcome; and
// what was said, where it was recorded and may be opened.

import type { Assets } from '#console/assets.ts';
import { type Html, html } from '#console/html.ts';
import type { Visit } from '#console/visits.ts';
import { effectOf, methodOf, millisOf, outcomeOf, timeOf } from '#core/display/timeline-words.ts';
import type { SessionSummary, TimelineEntry } from '#core/evidence/sessions.ts';
import { queryOf, replayAddress, requestAddress } from './addresses.ts';
import { layout } from './layout.ts';

export interface SessionView {
  /** Whose it is, where several namespaces are served. */
  readonly namespace: string | undefined;
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
  const { summary, entries, total, visit, namespace } = view;
  const { principal, startedAt, lastAt, denied, unknown } = summary;
  return layout(
    {
      title: `Session of ${principal?.subject ?? 'nobody proven'}`,
      place: 'sessions',
      visit,
      assets,
    },
    html`<p class="back"><a href="/sessions">Sessions</a></p>
<h1>${principal?.subject ?? 'Nobody proven'}</h1>
<p class="lead">${partiesOf(summary)}</p>
<p class="facts"><span>${timeOf(startedAt)} to ${timeOf(lastAt)}</span><span>${total} entries</span><span>${denied} denied</span><span>${unknown} with unknown outcome</span>${namespace === undefined ? undefined : html`<span>namespace ${namespace}</span>`}<span>session <code>${summary.id}</code></span></p>
<p class="buttons"><a class="button" href="${replayAddress(summary.id, { namespace })}">Replay step by step</a></p>
<ol class="timeline">${entries.map((entry, index) => item(entry, entries[index - 1], namespace))}</ol>
${pager(view)}`,
  );
}

function partiesOf({ principal }: SessionSummary): string {
  if (principal === undefined) return 'Whoever it was had no token that proved anybody.';
  const { issuer, actors = [], client } = principal;
  const through = [
    ...actors.map(({ subject }) => subject),
    ...(client === undefined ? [] : [client]),
  ];
  return `Known by ${issuer}${through.length === 0 ? '' : `, through ${through.join(', ')}`}.`;
}

function item(
  { entry, messages }: ShownEntry,
  before: ShownEntry | undefined,
  namespace: string | undefined,
): Html {
  const [day = '', time] = timeOf(entry.ts).split(' ');
  const isNewDay = before === undefined || !timeOf(before.entry.ts).startsWith(day);
  const outcome = outcomeOf(entry);
  const target = entry.target ?? entry.approval?.target;
  return html`<li>
<p class="when">${isNewDay ? html`<span class="line">${day}</span>` : undefined}${time}</p>
<div class="what">
<p class="line"><b>${titleOf(entry)}</b>${target === undefined ? undefined : html` <code>${target}</code>`} ${badges(entry)}</p>
<p class="facts">${entry.rule === undefined ? undefined : html`<span>rule ${entry.rule}</span>`}${outcome === '-' ? undefined : html`<span>${outcome}</span>`}${entry.durationMicros === undefined ? undefined : html`<span>${millisOf(entry.durationMicros)} ms</span>`}${entry.address === undefined ? undefined : html`<span>from ${entry.address}</span>`}</p>
${approvalOf(entry, namespace)}
${maskedOf(entry)}
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

/** Records of approvals, in the words that people use. */
const TITLES: ReadonlyMap<string, string> = new Map([
  ['approval.requested', 'Approval asked for'],
  ['approval.voted', 'Decision'],
  ['approval.granted', 'Approved'],
  ['approval.consumed', 'Approval used'],
  ['approval.denied', 'Approval denied'],
  ['approval.expired', 'Approval expired'],
  ['approval.revoked', 'Approval taken back'],
  ['approval.cancelled', 'Request cancelled'],
  ['recording.viewed', 'Recorded messages opened'],
  ['approval.glass_broken', 'Glass broken'],
  ['approval.glass_overdue', 'Review overdue'],
  ['approval.glass_reviewed', 'Broken glass reviewed'],
  ['alert.raised', 'Alert raised'],
  ['notification.failed', 'Notification not delivered'],
]);

function titleOf(entry: TimelineEntry): string {
  return TITLES.get(entry.type) ?? methodOf(entry);
}

const CHOICES = { approve: 'approved', deny: 'denied' } as const;

function approvalOf({ approval }: TimelineEntry, namespace: string | undefined): Html | undefined {
  if (approval === undefined) return undefined;
  const { id, approver, approvers, choice, reason, refusal } = approval;
  const facts = [
    approvers === undefined ? undefined : `approved by ${approvers.join(', ')}`,
    approver === undefined
      ? undefined
      : `${choice === undefined ? 'ended' : CHOICES[choice]} by ${approver}`,
    reason === undefined ? undefined : `“${reason}”`,
    refusal === undefined ? undefined : `not taken: ${refusal}`,
  ].filter((fact) => fact !== undefined);
  return html`<p class="facts">${facts.map((fact) => html`<span>${fact}</span>`)}<span><a href="${requestAddress(id, namespace)}" title="${id}">The request</a></span></p>`;
}

/** What masking did, which is on record whether messages are or not. */
function maskedOf({ masking, answerMasking }: TimelineEntry): Html | undefined {
  const facts = [masking, answerMasking].flatMap((done) =>
    done === undefined
      ? []
      : [
          ...done.redactions.map(
            ({ action, detector, pointer, count }) =>
              `${action}: ${detector}${pointer === '' ? '' : ` at ${pointer}`}${count === 1 ? '' : `, ${count} times`}`,
          ),
          ...(done.withheld === undefined ? [] : [`kept back: ${done.withheld}`]),
          ...(done.observed === true ? ['only observed'] : []),
        ],
  );
  return facts.length === 0
    ? undefined
    : html`<p class="facts masked">${facts.map((fact) => html`<span>${fact}</span>`)}</p>`;
}

function pager({ offset, total, summary, namespace }: SessionView): Html | undefined {
  if (total <= PAGE_ENTRIES) return undefined;
  const earlier = Math.max(0, offset - PAGE_ENTRIES);
  const later = offset + PAGE_ENTRIES;
  const address = (at: number) =>
    `/sessions/${encodeURIComponent(summary.id)}${queryOf({ namespace, offset: at })}`;
  return html`<nav class="pager" aria-label="Parts of the session">
${offset === 0 ? undefined : html`<a class="button" href="${address(earlier)}">Earlier</a>`}
<span>${offset + 1} to ${Math.min(total, later)} of ${total}</span>
${later >= total ? undefined : html`<a class="button" href="${address(later)}">Later</a>`}
</nav>`;
}
