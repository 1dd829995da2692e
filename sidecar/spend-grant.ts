// The last step before a call that was approved goes on: judged once more as of now, its grant spent
// once, and the spending on record. Only then may it be forwarded.

import { isDeepStrictEqual } from 'node:util';
import type { GrantedApproval } from '#core/approvals/approval.ts';
import { approvalRecord } from '#core/approvals/recorded.ts';
import { type ApprovalRequest, MAX_PREVIEW_BYTES } from '#core/approvals/request.ts';
import { ApprovalStoreFault } from '#core/approvals/store.ts';
import { readJson } from '#core/mcp/json.ts';
import { evaluate } from '#core/policy/evaluate.ts';
import { quarantine } from '#core/policy/pins.ts';
import type { Refusal } from '#core/refusal.ts';
import { UNWANTED } from './approval-refusals.ts';
import { askedBy, definitionOf } from './approval-request.ts';
import { authenticate } from './authenticate.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import type { WaitingCall } from './obtain-approval.ts';
import type { Obtained, Permit } from './settle.ts';

/** A call, and what was known when it came. */
export interface Asked {
  readonly call: WaitingCall;
  /** Digest of the tool's definition. */
  readonly definition: string;
  /** It is not as it came: time has passed. */
  readonly hasWaited: boolean;
}

/** `again`: another call was faster, or the grant has run out. */
export async function spendGrant(
  approval: GrantedApproval,
  asked: Asked,
  gate: Gate,
): Promise<Obtained | 'again'> {
  const { call } = asked;
  const { exchange } = call;
  const refusal = await refuseNow(approval, asked, gate);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  if (isUnwanted(call)) return { kind: 'refused', refusal: UNWANTED };
  const { id, binding } = approval.request;
  const spend = { binding, nonce: approval.grant.nonce, exchange: exchange.facts.id };
  const moved = await gate.approvals.store.consume(id, spend);
  if (!moved.ok) {
    if (moved.code === 'not_granted' || moved.code === 'expired') return 'again';
    gate.log.error('a grant was not taken', { id, code: moved.code });
    const reason = `the grant cannot be spent: ${moved.code}`;
    return { kind: 'refused', refusal: { code: 'approval_refused', reason } };
  }
  const ts = gate.clock.timestamp();
  // Fails closed: should this not be written, the grant is gone and the call does not happen.
  await gate.ledger.append(
    approvalRecord('approval.consumed', moved.approval, ts, exchange.facts.id),
  );
  return { kind: 'granted', approvalId: id };
}

/** Its client has left, or has called it off: then no grant is spent for it. */
export function isUnwanted({ client, exchange }: WaitingCall): boolean {
  if (client.gone.aborted) exchange.cut('disconnected', 'the client left while its call waited');
  return exchange.stop.signal.aborted;
}

/** The call that spent a use is over: its grant is DONE, unless other uses are left. */
export async function closeApproval(permit: Permit, exchange: Exchange, gate: Gate): Promise<void> {
  if (permit.approvalId === undefined) return;
  try {
    await gate.approvals.store.settle(permit.approvalId, exchange.facts.id);
  } catch (error) {
    // It stays CONSUMED, which is as spent; what came of the call is in the evidence.
    if (!(error instanceof ApprovalStoreFault)) throw error;
    gate.log.warn('an approval was not closed', { id: permit.approvalId, code: error.code });
  }
}

/** What was approved must still be what would happen. */
async function refuseNow(
  { request }: GrantedApproval,
  { call, definition, hasWaited }: Asked,
  gate: Gate,
): Promise<Refusal | undefined> {
  const isOneCall = request.terms.allowance.scope === 'Call';
  const found = hasWaited
    ? await definitionOf(call, gate, { anew: isOneCall })
    : { digest: definition };
  if ('code' in found) return found;
  const unproven = await refuseToken(call, gate);
  if (unproven !== undefined) return unproven;
  const snapshot = gate.activation.current;
  const { policy } = snapshot;
  const again = evaluate(policy, call.exchange.facts.principal, call.request, 'toServer');
  const held =
    call.request.target?.kind === 'tool'
      ? quarantine(policy, call.request.target.name, found.digest)
      : undefined;
  if (again.effect === 'Deny' || held !== undefined) {
    const rule = again.effect === 'Deny' ? again.rule : undefined;
    return rule === undefined ? TIGHTENED : { ...TIGHTENED, rule };
  }
  if (again.effect === 'Allow') return undefined;
  const asked = askedBy(again, call, { snapshot, definition: found.digest }, gate);
  if (!asked.ok || asked.request.binding !== request.binding) {
    return { ...CHANGED, rule: again.rule };
  }
  return isAsShown(asked.request, request) ? undefined : { ...SHOWN_OTHERWISE, rule: again.rule };
}

/**
 * Whether approvers and their desk went by what this gateway says of the call, and not by what somebody
 * wrote into the store: who asks, whose word it takes, and the arguments, unless any would do.
 */
function isAsShown(now: Omit<ApprovalRequest, 'id'>, then: ApprovalRequest): boolean {
  return (
    isDeepStrictEqual(now.terms, then.terms) &&
    isDeepStrictEqual(now.requester, then.requester) &&
    isDeepStrictEqual(now.target, then.target) &&
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
async function refuseToken(
  { exchange, head }: WaitingCall,
  gate: Gate,
): Promise<Refusal | undefined> {
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
    'approvers were shown another requester, other approvers or other arguments than this call shows now; ask anew when that approval has expired',
};

const CHANGED: Refusal = {
  code: 'approval_refused',
  reason:
    'the tool or the policy has changed since the approval was asked for; call again to ask anew',
};
