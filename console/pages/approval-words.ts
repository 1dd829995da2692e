// What approvals are called on pages: states as words, and who asks for what as a sentence.

import { type Html, html } from '#console/html.ts';
import type { Approval, ApprovalState } from '#core/approvals/approval.ts';
import { approvingVotes } from '#core/approvals/approval.ts';
import { glassOf } from '#core/approvals/break-glass.ts';
import { missingApprovals } from '#core/approvals/quorum.ts';
import type { ApprovalRequest, Requester } from '#core/approvals/request.ts';

interface StateWords {
  readonly word: string;
  /** Colour; the word says it too. */
  readonly tone: 'waits' | 'good' | 'bad' | 'over';
}

const STATES: Readonly<Record<ApprovalState, StateWords>> = {
  PENDING: { word: 'Waiting', tone: 'waits' },
  GRANTED: { word: 'Approved, not used yet', tone: 'good' },
  CONSUMED: { word: 'Approved, call under way', tone: 'good' },
  DONE: { word: 'Approved and used', tone: 'good' },
  DENIED: { word: 'Denied', tone: 'bad' },
  REVOKED: { word: 'Revoked', tone: 'bad' },
  EXPIRED: { word: 'Expired', tone: 'over' },
  CANCELLED: { word: 'Cancelled', tone: 'over' },
};

/** Nobody approved what went on without a decision. */
const BROKEN: ReadonlyMap<ApprovalState, StateWords> = new Map([
  ['GRANTED', { word: 'Glass broken, not used yet', tone: 'waits' }],
  ['CONSUMED', { word: 'Glass broken, call under way', tone: 'waits' }],
  ['DONE', { word: 'Glass broken and used', tone: 'waits' }],
]);

export function stateBadge(approval: Approval): Html {
  const { state } = approval;
  const broken = glassOf(approval) === undefined ? undefined : BROKEN.get(state);
  const { word, tone } = broken ?? STATES[state];
  return html`<span class="badge ${tone}">${word}</span>`;
}

const VERBS: ReadonlyMap<string, string> = new Map([
  ['tool', 'call'],
  ['prompt', 'get the prompt'],
  ['resource', 'read'],
  ['task', 'use the task'],
]);

export function verbOf({ target }: ApprovalRequest): string {
  return VERBS.get(target.kind) ?? 'use';
}

/** Every party between the human and the call, nearest first. */
export function throughWords({ actors, client }: Requester): string | undefined {
  const parties = [
    ...actors.map(({ subject }) => subject),
    ...(client === undefined ? [] : [client]),
  ];
  return parties.length === 0 ? undefined : parties.join(', ');
}

/** `1 of 2 approvals`. */
export function progressWords(approval: Approval): string {
  const { needs } = approval.request.terms;
  const all = needs.reduce((sum, { quorum }) => sum + quorum, 0);
  const given = all - missingApprovals(approvingVotes(approval), needs);
  return `${given} of ${all} ${all === 1 ? 'approval' : 'approvals'}`;
}

/** Who may decide, by the names the policy gives them. */
export function neededWords({ terms }: ApprovalRequest): readonly string[] {
  return terms.needs.map(({ approval, quorum, groups, subjects }) => {
    const pool = [...groups.map((group) => `group ${group}`), ...subjects].join(', ');
    return `${approval}: ${quorum} of ${pool}`;
  });
}

export function allowanceWords({ terms, target }: ApprovalRequest): string {
  const { scope, maxUses, ttlSeconds, closings = [] } = terms.allowance;
  const until = closings.map(({ time, timeZone }) => `, until ${time} ${timeZone} at the latest`);
  const minutes = ttlSeconds % 60 === 0 ? `${ttlSeconds / 60} min` : `${ttlSeconds} s`;
  return scope === 'Call'
    ? `This one call, with exactly these arguments, within ${minutes} of the approval`
    : `Up to ${maxUses} ${maxUses === 1 ? 'call' : 'calls'} of this ${target.kind} by this caller, with ANY arguments, within ${minutes} of the approval${until.join('')}`;
}

/** Which server the call goes to; `namespace` where several are served. */
export function placeWords({ server }: ApprovalRequest, namespace: string | undefined): Html {
  return html`<p class="lead">It goes to <code>${server}</code>${namespace === undefined ? undefined : html` of namespace <b>${namespace}</b>`}.</p>`;
}

/** How much of the arguments above it a decision holds for: read before it is made. */
export function boundWords(request: ApprovalRequest): Html {
  const masked = 'What the policy masks is masked here too.';
  return request.terms.allowance.scope === 'Call'
    ? html`<p class="hint">Exactly these are bound to the decision. ${masked}</p>`
    : html`<p class="notice caution">These are the arguments of the call that asks; the decision is for more. ${allowanceWords(request)}. ${masked}</p>`;
}
