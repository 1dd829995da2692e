// A call that waits, or was approved, judged as of now: its token, the policy and the tool's pin may have
// changed since it asked, and then what was asked for is not what would happen.

import { isDeepStrictEqual } from 'node:util';
import { type ApprovalRequest, MAX_PREVIEW_BYTES } from '#core/approvals/request.ts';
import { readJson } from '#core/mcp/json.ts';
import { evaluate } from '#core/policy/evaluate.ts';
import { quarantine } from '#core/policy/pins.ts';
import type { Refusal } from '#core/refusal.ts';
import { askedBy } from './approval-request.ts';
import { authenticate } from './authenticate.ts';
import type { Gate } from './gate.ts';
import type { KeptCall } from './obtain-approval.ts';

export interface Judged {
  readonly call: KeptCall;
  /** Digest of the tool's definition. */
  readonly definition: string;
}

/** Undefined while the request that was asked would be asked again, or no approval is needed any more. */
export async function judgeAgain(
  request: ApprovalRequest,
  { call, definition }: Judged,
  gate: Gate,
): Promise<Refusal | undefined> {
  const unproven = await refuseToken(call, gate);
  return unproven ?? judgeStanding(request, { call, definition }, gate);
}

/** The same for a call whose token is looked at when it goes on. */
export function judgeStanding(
  request: ApprovalRequest,
  { call, definition }: Judged,
  gate: Gate,
): Refusal | undefined {
  const snapshot = gate.activation.current;
  const { policy } = snapshot;
  const again = evaluate(policy, call.exchange.facts.principal, call.request, 'toServer');
  const held =
    call.request.target?.kind === 'tool'
      ? quarantine(policy, call.request.target.name, definition)
      : undefined;
  if (again.effect === 'Deny' || held !== undefined) {
    const rule = again.effect === 'Deny' ? again.rule : undefined;
    return rule === undefined ? TIGHTENED : { ...TIGHTENED, rule };
  }
  if (again.effect === 'Allow') return undefined;
  const asked = askedBy(again, call, { snapshot, definition }, gate);
  if (!asked.ok || asked.request.binding !== request.binding) {
    return { ...CHANGED, rule: again.rule };
  }
  return isAsShown(asked.request, request) ? undefined : { ...SHOWN_OTHERWISE, rule: again.rule };
}

/**
 * Whether approvers and their desk went by what this gateway says of the call, and not by what somebody
 * wrote into the store: who asks, for what at which server and why, whose word it takes, and the arguments, unless
 * any would do. The binding that stands beside them says nothing to people.
 */
function isAsShown(now: Omit<ApprovalRequest, 'id'>, then: ApprovalRequest): boolean {
  return (
    isDeepStrictEqual(now.terms, then.terms) &&
    isDeepStrictEqual(now.requester, then.requester) &&
    isDeepStrictEqual(now.target, then.target) &&
    now.server === then.server &&
    now.method === then.method &&
    now.rule === then.rule &&
    (now.terms.allowance.scope === 'Window' || isSameJson(now.preview, then.preview))
  );
}

const PREVIEW_LIMITS = { maxBytes: MAX_PREVIEW_BYTES, maxDepth: 512, numbers: 'exact' } as const;

/** The identical call may have come with other spaces in it. */
function isSameJson(a: string, b: string): boolean {
  if (a === b) return true;
  const [one, other] = [a, b].map((text) => readJson(Buffer.from(text), PREVIEW_LIMITS));
  return one?.ok === true && other?.ok === true && isDeepStrictEqual(one.value, other.value);
}

/** The token may have expired meanwhile, or prove somebody else under the policy of now. */
async function refuseToken({ exchange, head }: KeptCall, gate: Gate): Promise<Refusal | undefined> {
  const proof = await authenticate(head, gate.activation.current);
  if (proof.kind === 'refused') return proof.refusal;
  return isDeepStrictEqual(proof.principal, exchange.facts.principal) ? undefined : TIGHTENED;
}

const TIGHTENED: Refusal = {
  code: 'approval_refused',
  reason: 'denied by policy: it has changed since the approval was asked for',
};

const SHOWN_OTHERWISE: Refusal = {
  code: 'approval_refused',
  reason:
    'approvers were shown another requester, server, rule, other approvers or other arguments than this call shows now; ask anew when that approval has expired',
};

export const CHANGED: Refusal = {
  code: 'approval_refused',
  reason:
    'the tool or the policy has changed since the approval was asked for; call again to ask anew',
};
