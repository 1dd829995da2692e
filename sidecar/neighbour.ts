// What may run beside a gateway in the same process, such as the console: it is handed the gateway's own
// desk, evidence and policy, and is closed before they are.

import type { ApprovalDesk } from '#core/approvals/desk.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import type { Principal } from '#core/identity/principal.ts';
import { RateLimiter } from '#core/limiter.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Snapshot } from './activation.ts';
import type { Gate } from './gate.ts';

export interface Inside {
  readonly desk: ApprovalDesk;
  /** Resolves once the record is durable. */
  readonly append: (draft: RecordDraft) => Promise<void>;
  /** Puts on record, at a bounded rate, that somebody's token was not taken. */
  readonly onUnproven: (reason: string, address: string) => Promise<void>;
  /** Seconds to wait for somebody who decides faster than people do. */
  readonly tooSoon: (principal: Principal) => number | undefined;
  /** What is in force now. */
  readonly trusted: () => Pick<Snapshot, 'policy' | 'verifier' | 'publicUrls'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Neighbour {
  close(): Promise<void>;
}

export type OpenNeighbour = (inside: Inside) => Promise<Neighbour>;

/** As on the approvals API: more than people do, and too little to fill the evidence with refusals. */
const PER_MINUTE = 120;

export function inside(desk: ApprovalDesk, gate: Gate): Inside {
  const { ledger, activation, refusals, clock, log } = gate;
  const limiter = new RateLimiter();
  return {
    desk,
    append: async (draft) => void (await ledger.append(draft)),
    onUnproven: (reason, address) =>
      refusals.record({
        type: 'auth.failed',
        source: { address },
        outcome: { status: 'refused', refusal: 'token_invalid', reason },
        detail: { door: 'console' },
      }),
    tooSoon: (principal) => {
      const limit = { perMinute: PER_MINUTE, nowSeconds: clock.epochSeconds() };
      return limiter.take(principal, 'console', limit)?.retryAfterSeconds;
    },
    trusted: () => activation.current,
    clock,
    log,
  };
}
