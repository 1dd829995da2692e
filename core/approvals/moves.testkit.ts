// Moves an approval along, for tests.

import type { Approval } from './approval.ts';
import { T0, TRUSTED } from './approvals.testkit.ts';
import { type ApprovalEvent, transition } from './states.ts';

function judging(nowMillis: number) {
  return { nowMillis, trusted: TRUSTED };
}

/** The next approval; throws the code of a refusal. */
export function move(approval: Approval, event: ApprovalEvent, nowMillis = T0): Approval {
  const moved = transition(approval, event, judging(nowMillis));
  if (!moved.ok) throw new Error(moved.code);
  return moved.approval;
}

/** The state an event comes to, or the code of its refusal. */
export function comesTo(approval: Approval, event: ApprovalEvent, nowMillis = T0): string {
  const moved = transition(approval, event, judging(nowMillis));
  return moved.ok ? moved.approval.state : moved.code;
}
