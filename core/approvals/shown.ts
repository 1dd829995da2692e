// An approval as people and programs outside are shown it: who asks for what, whose word it takes and
// what was said. Nothing that could be spent: neither nonce nor signature of a grant.

import type { Actor } from '#core/identity/principal.ts';
import type { Target } from '#core/mcp/messages.ts';
import { type Approval, type ApprovalState, approvingVotes } from './approval.ts';
import type { ApprovalScope } from './binding.ts';
import { glassOf, type Verdict } from './break-glass.ts';
import type { Closing } from './closing.ts';
import { missingApprovals } from './quorum.ts';
import { type Need, requestDigest } from './request.ts';

/** Times are RFC 3339 in UTC. docs/openapi/approvals.yaml is its specification. */
export interface ShownApproval {
  readonly id: string;
  readonly state: ApprovalState;
  /** `policy/rule` that asks. */
  readonly rule: string;
  /** Endpoint of the MCP server. */
  readonly server: string;
  readonly method: string;
  readonly target: Target;
  /** Its name, where a tool is called. */
  readonly tool?: string;
  readonly requester: string;
  readonly requesterIssuer: string;
  /** The verified claim that names the human. */
  readonly requesterPerson: string;
  readonly client?: string;
  /** Who acts for the requester, nearest first. */
  readonly actors: readonly Actor[];
  readonly binding: string;
  readonly requestedAt: string;
  /** When the request, or the grant, is over by itself; absent when nothing can come of it any more. */
  readonly expiresAt?: string;
  readonly scope: ApprovalScope;
  readonly maxUses: number;
  /** Seconds from the moment of the grant. */
  readonly grantTtlSeconds: number;
  /** A window closes at the first of these, however much time is left. */
  readonly closings?: readonly Closing[];
  readonly needs: readonly Need[];
  /** How many more people must approve at least; 0 unless it waits. */
  readonly missing: number;
  readonly votes: readonly ShownVote[];
  readonly grant?: { readonly expiresAt: string; readonly maxUses: number; readonly uses: number };
  readonly ended?: ShownEnding;
  /** Who let it go on without a decision. */
  readonly breakGlass?: ShownGlass;
  /** JSON text of the arguments as they came, masked; only where one approval is shown. */
  readonly arguments?: string;
  /** Names all that is asked, as shown here; only beside the arguments. Who decides sends it back as `seen`. */
  readonly digest?: string;
}

export interface ShownVote {
  readonly approver: string;
  readonly approverIssuer: string;
  readonly choice: 'approve' | 'deny';
  readonly reason: string;
  readonly at: string;
}

/** `review` is absent until somebody has given it; past `reviewUntil` it is overdue. */
export interface ShownGlass {
  readonly by: string;
  readonly byIssuer: string;
  readonly reason: string;
  readonly at: string;
  readonly reviewUntil: string;
  readonly review?: {
    readonly by: string;
    readonly byIssuer: string;
    readonly verdict: Verdict;
    readonly reason: string;
    readonly at: string;
  };
}

/** `by` is absent where a deadline ended it. */
export interface ShownEnding {
  readonly at: string;
  readonly by?: string;
  readonly byIssuer?: string;
  readonly reason?: string;
}

/** One of many: without the arguments. */
export function shownApproval(approval: Approval): ShownApproval {
  const { request, state, votes } = approval;
  const { requester, terms, target } = request;
  const expires = expiresAtMillis(approval);
  return {
    id: request.id,
    state,
    rule: request.rule,
    server: request.server,
    method: request.method,
    target,
    ...(target.kind === 'tool' ? { tool: target.name } : {}),
    requester: requester.subject,
    requesterIssuer: requester.issuer,
    requesterPerson: requester.person,
    ...(requester.client === undefined ? {} : { client: requester.client }),
    actors: requester.actors,
    binding: request.binding,
    requestedAt: time(approval.requestedAtMillis),
    ...(expires === undefined ? {} : { expiresAt: time(expires) }),
    scope: terms.allowance.scope,
    maxUses: terms.allowance.maxUses,
    grantTtlSeconds: terms.allowance.ttlSeconds,
    ...(terms.allowance.closings === undefined ? {} : { closings: terms.allowance.closings }),
    needs: terms.needs,
    missing: state === 'PENDING' ? missingApprovals(approvingVotes(approval), terms.needs) : 0,
    votes: votes.map(({ subject, issuer, choice, reason, atMillis }) => ({
      approver: subject,
      approverIssuer: issuer,
      choice,
      reason,
      at: time(atMillis),
    })),
    ...grantOf(approval),
    ...endingOf(approval),
    ...brokenGlassOf(approval),
  };
}

/** For whoever is to decide: with the arguments, exactly as bound. */
export function shownWhole(approval: Approval): ShownApproval {
  const { request } = approval;
  return {
    ...shownApproval(approval),
    arguments: request.preview,
    digest: requestDigest(request),
  };
}

function expiresAtMillis(approval: Approval): number | undefined {
  switch (approval.state) {
    case 'PENDING':
      return approval.pendingUntilMillis;
    case 'GRANTED':
      return approval.grant.expiresAtMillis;
    case 'CONSUMED':
    case 'DONE':
    case 'DENIED':
    case 'EXPIRED':
    case 'CANCELLED':
    case 'REVOKED':
      return undefined;
  }
}

function grantOf(approval: Approval): Pick<ShownApproval, 'grant'> {
  if (!('grant' in approval) || approval.grant === undefined) return {};
  const { expiresAtMillis: at, maxUses } = approval.grant;
  return { grant: { expiresAt: time(at), maxUses, uses: approval.spending?.uses ?? 0 } };
}

function endingOf(approval: Approval): Pick<ShownApproval, 'ended'> {
  if (!('ending' in approval)) return {};
  const { atMillis, by, reason } = approval.ending;
  return {
    ended: {
      at: time(atMillis),
      ...(by === undefined ? {} : { by: by.subject, byIssuer: by.issuer }),
      ...(reason === undefined ? {} : { reason }),
    },
  };
}

function brokenGlassOf(approval: Approval): Pick<ShownApproval, 'breakGlass'> {
  const glass = glassOf(approval);
  if (glass === undefined) return {};
  const { issuer, subject, reason, atMillis, reviewUntilMillis, review } = glass;
  const shown = {
    by: subject,
    byIssuer: issuer,
    reason,
    at: time(atMillis),
    reviewUntil: time(reviewUntilMillis),
  };
  if (review === undefined) return { breakGlass: shown };
  const { issuer: byIssuer, subject: by, verdict, reason: why, atMillis: at } = review;
  return { breakGlass: { ...shown, review: { by, byIssuer, verdict, reason: why, at: time(at) } } };
}

function time(millis: number): string {
  return new Date(millis).toISOString();
}
