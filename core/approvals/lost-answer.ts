// A store that fails may have done what it was asked to, and only its answer is lost: so it is looked at
// once more before anybody is told, and evidence says, that nothing happened.

import type { Approval } from './approval.ts';
import type { Approver } from './approver.ts';
import { isSameAccount } from './identity.ts';
import { type ApprovalStore, ApprovalStoreFault, type Moved } from './store.ts';
import type { Ballot } from './voting.ts';

export interface Attempt {
  readonly id: string;
  readonly run: () => Promise<Moved>;
  /** Whether an approval that stands so shows that this attempt was taken. */
  readonly isTaken: (standing: Approval) => boolean;
}

/** Rejects with the fault of the attempt unless the store shows that it was taken. */
export async function attemptMove(
  store: Pick<ApprovalStore, 'get'>,
  { id, run, isTaken }: Attempt,
): Promise<Moved> {
  try {
    return await run();
  } catch (fault) {
    if (!(fault instanceof ApprovalStoreFault)) throw fault;
    const standing = await store.get(id).catch(() => undefined);
    if (standing === undefined || !isTaken(standing)) throw fault;
    return { ok: true, approval: standing };
  }
}

/** Also where the grant is spent by the time that anybody looks. */
export function isGrantedBy(ballot: Ballot, approval: Approval): boolean {
  const grant = 'grant' in approval ? approval.grant : undefined;
  return ballot.choice === 'approve' && grant?.nonce === ballot.grant.nonce;
}

export function isEndedBy(
  by: Approver,
  state: 'REVOKED' | 'CANCELLED',
  approval: Approval,
): boolean {
  const account = 'ending' in approval ? approval.ending.by : undefined;
  return approval.state === state && account !== undefined && isSameAccount(account, by);
}
