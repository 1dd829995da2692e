// What is asked of a task is judged by its method, and by the tool that its call named: a tool that is
// hidden from its caller by now has no tasks either.

import type { Principal } from '#core/identity/principal.ts';
import type { Decision } from '#core/policy/decision.ts';
import { isVisible } from '#core/policy/visible.ts';
import type { Snapshot } from './activation.ts';
import type { ServerTask } from './task-ids.ts';

export function judgeTask(
  decision: Decision,
  task: ServerTask | undefined,
  principal: Principal,
  { policy }: Snapshot,
): Decision {
  if (task === undefined || decision.effect === 'Deny') return decision;
  return isVisible(policy, principal, { kind: 'tool', name: task.tool }) ? decision : HIDDEN;
}

const HIDDEN: Decision = {
  effect: 'Deny',
  reason: 'the tool of this task is not known to this caller',
  visible: false,
};
