// What the desk takes one step with: where it is kept, where it is on record, and who signs for it.

import type { Signer } from '#core/evidence/signature.ts';
import type { GrantKey } from './grant.ts';
import type { Append, OwedRecords } from './owed-records.ts';
import type { ApprovalStore } from './store.ts';

export interface StepParts {
  readonly store: ApprovalStore;
  readonly append: Append;
  readonly owed: OwedRecords;
  readonly signer: Signer;
  readonly trusted: readonly GrantKey[];
  /** Whole milliseconds since 1970. */
  readonly nowMillis: () => number;
  /** RFC 3339 in UTC with microseconds. */
  readonly timestamp: () => string;
  readonly newNonce: () => string;
}
