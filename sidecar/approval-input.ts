// An approval that covers input: the server asked for more, the client answers, and the same call goes on
// under the grant that was spent for it. Once for each question, and only where the policy says so.

import type { Approval } from '#core/approvals/approval.ts';
import type { AskedCall } from './approval-request.ts';
import type { Gate } from './gate.ts';
import type { WaitingCall } from './obtain-approval.ts';
import type { Obtained } from './settle.ts';

/** Undefined when nothing covers this call: it needs an approval of its own. */
export async function goOnApproved(
  { request, reapproveOnInput }: AskedCall,
  { admission, exchange }: WaitingCall,
  { approvals: { store } }: Gate,
): Promise<Obtained | undefined> {
  const { carried } = admission;
  if (carried.kind !== 'server' || carried.approved === undefined) return undefined;
  if (reapproveOnInput) return undefined;
  const { approvalId, nonce } = carried.approved;
  const approval = await store.get(approvalId);
  if (approval?.request.binding !== request.binding || !isInForce(approval)) return undefined;
  const spent = await store.spendNonce(nonce, carried.expiresAtSeconds * 1000);
  if (spent !== 'spent') {
    const reason = 'params.requestState: this question has been answered already';
    return { kind: 'refused', refusal: { code: 'state_invalid', reason } };
  }
  exchange.approval = { id: approvalId, coversInput: true };
  return { kind: 'granted', approvalId };
}

/** Spent by the call that goes on, and not taken back since. */
function isInForce(approval: Approval): boolean {
  switch (approval.state) {
    case 'CONSUMED':
    case 'DONE':
      return true;
    case 'GRANTED':
      return approval.spending.uses > 0;
    default:
      return false;
  }
}
