// What may run beside a gateway in the same process, such as the console: it is handed the gateway's own
// desk, evidence and policy, and is closed before they are.

import type { ApprovalDesk } from '#core/approvals/desk.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Snapshot } from './activation.ts';
import type { Gate } from './gate.ts';

export interface Inside {
  readonly desk: ApprovalDesk;
  /** Resolves once the record is durable. */
  readonly append: (draft: RecordDraft) => Promise<void>;
  /** What is in force now. */
  readonly trusted: () => Pick<Snapshot, 'policy' | 'verifier' | 'publicUrls'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Neighbour {
  close(): Promise<void>;
}

export type OpenNeighbour = (inside: Inside) => Promise<Neighbour>;

export function inside(desk: ApprovalDesk, { ledger, activation, clock, log }: Gate): Inside {
  return {
    desk,
    append: async (draft) => void (await ledger.append(draft)),
    trusted: () => activation.current,
    clock,
    log,
  };
}
