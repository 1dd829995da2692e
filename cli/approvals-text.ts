// What `approvals` prints for people. All of it is of somebody else's making, so all of it is made
// printable; arguments are laid out and never changed.

import type { Allowance, Need } from '#core/approvals/request.ts';
import type { ShownApproval, ShownVote } from '#core/approvals/shown.ts';
import { layOutJson } from '#core/display/pretty-json.ts';
import { columns, printable } from './printable.ts';

export function approvalsText(approvals: readonly ShownApproval[]): string {
  if (approvals.length === 0) return 'nothing that you may decide or have asked for\n';
  const rows = approvals.map((approval) =>
    [
      approval.id,
      approval.state,
      targetText(approval),
      whoText(approval),
      approval.rule,
      time(approval.requestedAt),
      untilText(approval),
    ].map(printable),
  );
  return columns([['ID', 'STATE', 'WHAT', 'WHO', 'RULE', 'ASKED', 'UNTIL'], ...rows]);
}

export function reviewsText(approvals: readonly ShownApproval[]): string {
  const rows = approvals.flatMap((approval) => {
    if (approval.breakGlass === undefined) return [];
    const { by, reason, at, reviewUntil, review } = approval.breakGlass;
    const standing =
      review === undefined ? `due ${time(reviewUntil)}` : `${review.verdict}, says ${review.by}`;
    return [[approval.id, targetText(approval), by, time(at), standing, reason].map(printable)];
  });
  return rows.length === 0
    ? 'no broken glass that you have a say in\n'
    : columns([['ID', 'WHAT', 'BROKEN BY', 'AT', 'REVIEW', 'WHY'], ...rows]);
}

export function approvalText(approval: ShownApproval): string {
  const facts: readonly (readonly [label: string, value: string | undefined])[] = [
    ['approval', approval.id],
    ['state', stateText(approval)],
    ['what', `${approval.method} ${targetText(approval)}`],
    ['server', approval.server],
    ['who', whoText(approval)],
    ['person', approval.requesterPerson],
    ['rule', approval.rule],
    ['asked', time(approval.requestedAt)],
    ['until', approval.expiresAt === undefined ? undefined : time(approval.expiresAt)],
    ['allows', allowanceText({ ...approval, ttlSeconds: approval.grantTtlSeconds })],
    ...approval.needs.map((need) => ['needs', needText(need)] as const),
    ...approval.votes.map((vote) => ['vote', voteText(vote)] as const),
    ...glassRows(approval.breakGlass),
    ['digest', approval.digest],
  ];
  const rows = facts.flatMap(([label, value]) =>
    value === undefined ? [] : [[label, printable(value)]],
  );
  return `${columns(rows)}${argumentsText(approval.arguments)}`;
}

function glassRows(glass: ShownApproval['breakGlass']): readonly (readonly [string, string])[] {
  if (glass === undefined) return [];
  const { by, byIssuer, at, reason, reviewUntil, review } = glass;
  const verdict =
    review === undefined
      ? `due ${time(reviewUntil)}`
      : `${review.verdict} by ${review.by} (${review.byIssuer}) at ${time(review.at)}: ${review.reason}`;
  return [
    ['glass', `broken by ${by} (${byIssuer}) at ${time(at)}: ${reason}`],
    ['review', verdict],
  ];
}

/** One line for what has become of it. */
export function decidedText(approval: ShownApproval): string {
  return `${printable(`${approval.id} ${stateText(approval)}`)}\n`;
}

function stateText({ state, missing, ended, grant }: ShownApproval): string {
  if (state === 'PENDING') {
    return `PENDING, ${missing} more ${missing === 1 ? 'person' : 'people'} must approve`;
  }
  if (ended === undefined) {
    return grant === undefined ? state : `${state}, ${grant.uses} of ${grant.maxUses} used`;
  }
  const by = ended.by === undefined ? '' : ` by ${ended.by}`;
  const why = ended.reason === undefined ? '' : `: ${ended.reason}`;
  return `${state}${by} at ${time(ended.at)}${why}`;
}

function targetText({ target }: ShownApproval): string {
  return `${target.kind} ${target.name}`;
}

function whoText({ requester, requesterIssuer, actors, client }: ShownApproval): string {
  const through = actors.map(({ subject }) => ` through ${subject}`).join('');
  const using = client === undefined ? '' : ` with ${client}`;
  return `${requester} (${requesterIssuer})${through}${using}`;
}

function untilText({ expiresAt }: ShownApproval): string {
  return expiresAt === undefined ? '-' : time(expiresAt);
}

/** What a grant allows. */
export function allowanceText({ scope, maxUses, ttlSeconds, closings = [] }: Allowance): string {
  const until = closings.map(({ time: at, timeZone }) => `, until ${at} ${timeZone} at the latest`);
  return scope === 'Call'
    ? `this one call, with exactly these arguments, within ${ttlSeconds} s of the approval`
    : `${maxUses} calls of this tool by this caller with ANY arguments, within ${ttlSeconds} s of the approval${until.join('')}`;
}

/** How many of whom it takes. */
export function needText({ approval, issuer, groups, subjects, quorum }: Need): string {
  const people = [...groups.map((group) => `group ${group}`), ...subjects].join(', ');
  return `${approval}: ${quorum} of ${people} (${issuer})`;
}

function voteText({ approver, approverIssuer, choice, reason, at }: ShownVote): string {
  const verb = choice === 'approve' ? 'approved' : 'denied';
  return `${verb} by ${approver} (${approverIssuer}) at ${time(at)}: ${reason}`;
}

/** As much as a person reads; `--json` has all of it. */
const LAYOUT = { maxLines: 400, maxLineChars: 2000 };

function argumentsText(text: string | undefined): string {
  if (text === undefined) return '';
  const { lines, omittedChars } = layOutJson(text, LAYOUT);
  const more =
    omittedChars > 0
      ? `  … ${omittedChars} characters are not shown; see them all with --json before you approve\n`
      : '';
  return `\narguments, as they will reach the server (masked):\n${lines.map((line) => `  ${printable(line)}\n`).join('')}${more}`;
}

/** To the second. */
function time(at: string): string {
  return `${at.slice(0, 'YYYY-MM-DD'.length)} ${at.slice('YYYY-MM-DDT'.length, 'YYYY-MM-DDThh:mm:ss'.length)}Z`;
}
