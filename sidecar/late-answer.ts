// An answer on another stream than that of its request: a client resumed, and policy may have changed
// since. It is judged under the snapshot of this moment, like everything on such a stream.

import type { Principal } from '#core/identity/principal.ts';
import type { RequestMessage } from '#core/mcp/messages.ts';
import { evaluate } from '#core/policy/evaluate.ts';
import { isVisible } from '#core/policy/visible.ts';
import type { Refusal } from '#core/refusal.ts';
import type { Snapshot } from './activation.ts';
import type { Exchange } from './exchange.ts';

/** Why the answer may not go to the client any more; undefined when it may. */
export function refuseLate(asked: Exchange, now: Snapshot): Refusal | undefined {
  const { request, snapshot, principal } = asked.facts;
  if (request === undefined) return undefined;
  if (snapshot !== now) {
    const goes = now.policy.mode === 'Observe' || isStillOpen(request, principal, now);
    asked.judgeUnder(now, goes ? undefined : WITHDRAWN);
  }
  return asked.lateRefusal;
}

const WITHDRAWN: Refusal = {
  code: 'content_withheld',
  reason: 'the policy withdrew access before this answer was delivered',
};

/** Its arguments may be forgotten, so conditions on them have been judged once and for all. */
function isStillOpen(request: RequestMessage, principal: Principal, { policy }: Snapshot): boolean {
  const { target } = request;
  return target === undefined || target.kind === 'task'
    ? evaluate(policy, principal, request, 'toServer').effect !== 'Deny'
    : isVisible(policy, principal, target);
}
