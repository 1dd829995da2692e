// What is asked of a task is judged by its method, and by the tool that its call named: a tool that is
// hidden from its caller by now has no tasks either. Those of ours need no rule of their own.

import type { Principal } from '#core/identity/principal.ts';
import type { Decision } from '#core/policy/decision.ts';
import { isForeign, isVisible } from '#core/policy/visible.ts';
import type { Snapshot } from './activation.ts';
import type { NamedTask } from './task-ids.ts';

export function judgeTask(
  decision: Decision,
  task: NamedTask | undefined,
  principal: Principal,
  { policy }: Snapshot,
): Decision {
  if (task === undefined) return decision;
  const judged = isOurs(task) ? letIn(decision, principal, policy) : decision;
  if (judged.effect === 'Deny' || task.kind === 'own') return judged;
  const isKnown = isVisible(policy, principal, { kind: 'tool', name: task.tool });
  return isKnown ? judged : HIDDEN;
}

function isOurs(task: NamedTask): boolean {
  return task.kind === 'own' || task.wasOurs === true;
}

/** Its caller was let in to wait, and asks what came of it: only a rule that says no takes that away. */
function letIn(decision: Decision, principal: Principal, policy: Snapshot['policy']): Decision {
  const isUnruled = decision.effect === 'Deny' && decision.rule === undefined;
  const isForeigner = policy.layers.some((layer) => isForeign(layer, principal));
  return isUnruled && !isForeigner ? WAITING : decision;
}

const WAITING: Decision = { effect: 'Allow', rule: 'plumbing', obligations: {} };

const HIDDEN: Decision = {
  effect: 'Deny',
  reason: 'the tool of this task is not known to this caller',
  visible: false,
};
