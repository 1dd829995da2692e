// Who may look at an approval: arguments are for those who may decide on them or go around that decision, and
// for whoever sent them.

import type { Approval } from './approval.ts';
import type { Approver } from './approver.ts';
import { breakingRefusal } from './break-glass.ts';
import { isSameAccount } from './identity.ts';
import { type SeparationRefusal, separationRefusal } from './separation.ts';

/** Undefined: may see it. */
export function blindness(by: Approver, { request }: Approval): SeparationRefusal | undefined {
  if (isSameAccount(by, request.requester)) return undefined;
  return breakingRefusal(by, request) === undefined ? undefined : separationRefusal(by, request);
}
