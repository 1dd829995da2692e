// Ends what is past its deadline, so that those who wait hear of it, says which reviews of broken glass are overdue,
// and writes the records that are owed. Any replica does this, also one at which nobody decides.

import { MAX_LISTED } from './book.ts';
import { isUntold } from './break-glass.ts';
import type { GrantKey } from './grant.ts';
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
  readonly store: Pick<ApprovalStore, 'expire' | 'list' | 'tellOverdue'>;
  readonly owed: OwedRecords;
  /** Keys whose word for broken glass counts. */
  readonly trusted: readonly GrantKey[];
  /** Whole milliseconds since 1970. */
  readonly nowMillis: () => number;
  /** RFC 3339 in UTC with microseconds. */
  readonly timestamp: () => string;
}

/** Reviews have a day, so looking through all that is kept can wait this long. */
const LOOK_MILLIS = 60_000;

export function overdue(parts: OverdueParts): Overdue {
  const { owed, nowMillis } = parts;
  let looked = Number.NEGATIVE_INFINITY;
  return {
    owed,
    sweep: async () => {
      await owed.settle();
      try {
        await tellEnded(parts);
      } finally {
        // One approval that cannot be ended, as when somebody has written into it, hides no review.
        if (nowMillis() - looked >= LOOK_MILLIS) {
          await tellReviews(parts);
          looked = nowMillis();
        }
      }
    },
  };
}

async function tellEnded({ store, owed, timestamp }: OverdueParts) {
  for (const approval of await store.expire()) {
    await owed.write(approvalRecord('approval.expired', approval, timestamp()));
  }
}

async function tellReviews({ store, owed, trusted, nowMillis, timestamp }: OverdueParts) {
  const judging = { nowMillis: nowMillis(), trusted };
  const kept = await store.list({ limit: MAX_LISTED });
  for (const { request } of kept.filter((approval) => isUntold(approval, judging))) {
    const moved = await store.tellOverdue(request.id);
    if (!moved.ok) continue;
    await owed.write(approvalRecord('approval.glass_overdue', moved.approval, timestamp()));
  }
}
