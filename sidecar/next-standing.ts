// Waits until an approval is no more as it was: somebody decided, or its deadline has come.

import type { Approval, GrantedApproval, PendingApproval } from '#core/approvals/approval.ts';
import type { Gate } from './gate.ts';

/** The store goes by its own clock: where ours is ahead, it is asked again this often until it agrees. */
const LEAST_DUE_MS = 250;
/** Longest delay a Node timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** As it stands next, or still when `ended` is aborted; undefined once it is forgotten. */
export async function nextStanding(
  approval: PendingApproval | GrantedApproval,
  ended: AbortSignal,
  gate: Gate,
): Promise<Approval | undefined> {
  const { store } = gate.approvals;
  const { request, version } = approval;
  const due = new AbortController();
  const dueInMs = deadlineOf(approval) - gate.clock.epochSeconds() * 1000;
  const timer = setTimeout(
    () => due.abort(),
    Math.min(Math.max(LEAST_DUE_MS, dueInMs + 1), MAX_TIMER_MS),
  );
  const signal = AbortSignal.any([due.signal, ended]);
  try {
    return await store.waitFor({ id: request.id, version }, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    return await store.get(request.id);
  } finally {
    clearTimeout(timer);
  }
}

function deadlineOf(approval: PendingApproval | GrantedApproval): number {
  return approval.state === 'PENDING'
    ? approval.pendingUntilMillis
    : approval.grant.expiresAtMillis;
}
