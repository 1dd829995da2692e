// The last step before a call that was approved goes on: judged once more as of now, its grant spent
// once, and the spending on record. Only then may it be forwarded.

import type { GrantedApproval } from '#core/approvals/approval.ts';
import { approvalRecord } from '#core/approvals/recorded.ts';
import { ApprovalStoreFault } from '#core/approvals/store.ts';
import type { Refusal } from '#core/refusal.ts';
import { UNWANTED } from './approval-refusals.ts';
import { definitionOf } from './approval-request.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import { judgeAgain } from './judge-again.ts';
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
  return judgeAgain(request, { call, definition: found.digest }, gate);
}
