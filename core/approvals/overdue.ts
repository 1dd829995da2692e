// Ends what is past its deadline, so that those who wait hear of it, and writes the records that are owed.
// Any replica does this, also one at which nobody decides.

import type { OwedRecords } from './owed-records.ts';
import { approvalRecord } from './recorded.ts';
import type { ApprovalStore } from './store.ts';

export interface Overdue {
  /** Records that evidence has not taken yet. */
  readonly owed: Pick<OwedRecords, 'size' | 'lost'>;
  /** Rejects with ApprovalStoreFault when the store cannot be asked. */
  sweep(): Promise<void>;
}

export interface OverdueParts {
  readonly store: Pick<ApprovalStore, 'expire'>;
  readonly owed: OwedRecords;
  /** RFC 3339 in UTC with microseconds. */
  readonly timestamp: () => string;
}

export function overdue({ store, owed, timestamp }: OverdueParts): Overdue {
  return {
    owed,
    sweep: async () => {
      await owed.settle();
      for (const approval of await store.expire()) {
        await owed.write(approvalRecord('approval.expired', approval, timestamp()));
      }
    },
  };
}
