// One approval as it stands: the request and what has become of it. Values, never changed; states.ts
// makes the next one.

import type { Glass } from './break-glass.ts';
import type { Grant } from './grant.ts';
import type { ApprovalRequest } from './request.ts';
import type { VoteWords } from './signed-vote.ts';

export const APPROVAL_STATES = [
  'PENDING',
  'GRANTED',
  'CONSUMED',
  'DONE',
  'DENIED',
  'EXPIRED',
  'CANCELLED',
  'REVOKED',
] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** One decision of one person: kept as cast, never overwritten. */
export interface Vote extends VoteWords {
  readonly atMillis: number;
  /** By whoever took it; a vote without one that is genuine counts for nothing. */
  readonly signature: string;
}

/** How much of a grant is used up. */
export interface Spending {
  readonly uses: number;
  /** Exchanges that spent a use and have not been settled: their calls are under way. */
  readonly open: readonly string[];
}

/** Who ended it; absent where a deadline did. */
export interface Ending {
  readonly atMillis: number;
  readonly by?: { readonly issuer: string; readonly subject: string };
  readonly reason?: string;
}

interface Standing {
  readonly request: ApprovalRequest;
  /** Counts up with each transition, from 1. */
  readonly version: number;
  readonly requestedAtMillis: number;
  readonly pendingUntilMillis: number;
  readonly votes: readonly Vote[];
}

export interface PendingApproval extends Standing {
  readonly state: 'PENDING';
}

export interface GrantedApproval extends Standing {
  readonly state: 'GRANTED';
  readonly grant: Grant;
  readonly glass?: Glass;
  readonly spending: Spending;
}

/** Used up: CONSUMED while a call is under way (or its outcome unknown), then DONE. */
export interface SpentApproval extends Standing {
  readonly state: 'CONSUMED' | 'DONE';
  readonly grant: Grant;
  readonly glass?: Glass;
  readonly spending: Spending;
}

/** Over without being used up; `grant` and `spending` where there was one. */
export interface EndedApproval extends Standing {
  readonly state: 'DENIED' | 'EXPIRED' | 'CANCELLED' | 'REVOKED';
  readonly grant?: Grant;
  readonly glass?: Glass;
  readonly spending?: Spending;
  readonly ending: Ending;
}

export type Approval = PendingApproval | GrantedApproval | SpentApproval | EndedApproval;

export const TERMINAL_STATES: ReadonlySet<ApprovalState> = new Set([
  'DONE',
  'DENIED',
  'EXPIRED',
  'CANCELLED',
  'REVOKED',
]);

/** A request or grant that can still come to something: what the bounds of a store count. */
export function isLive(approval: Approval): approval is PendingApproval | GrantedApproval {
  return approval.state === 'PENDING' || approval.state === 'GRANTED';
}

export function approvingVotes({ votes }: Pick<Approval, 'votes'>): readonly Vote[] {
  return votes.filter(({ choice }) => choice === 'approve');
}
