// What may run beside a gateway in the same process, such as the console: it is handed the gateway's own
// desk, evidence and policy, and is closed before they are.

import type { ApprovalDesk } from '#core/approvals/desk.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import type { Principal } from '#core/identity/principal.ts';
import { RateLimiter } from '#core/limiter.ts';
import type { Unproven } from '#platform/http/approvals-api.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Snapshot } from './activation.ts';
import type { Gate } from './gate.ts';
import type { SidecarSettings } from './settings.ts';

export interface Inside {
  readonly namespace: InsideNamespace;
  /** Seconds to wait for somebody who decides faster than people do. */
  readonly tooSoon: (principal: Principal) => number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What this gateway and those that share its approvals are one of. */
export interface InsideNamespace {
  readonly name: string;
  readonly desk: ApprovalDesk;
  /** Resolves once the record is durable. */
  readonly append: (draft: RecordDraft) => Promise<void>;
  /** Puts on record, at a bounded rate, that somebody's token was not taken, at which door. */
  readonly onUnproven: (unproven: Unproven & { door: string }, address: string) => Promise<void>;
  /** What is in force now. */
  readonly trusted: () => Pick<Snapshot, 'policy' | 'verifier' | 'publicUrls'>;
}

export interface Neighbour {
  close(): Promise<void>;
}

export type OpenNeighbour = (inside: Inside) => Promise<Neighbour>;

/** As on the approvals API: more than people do, and too little to fill the evidence with refusals. */
const PER_MINUTE = 120;

export function inside(
  desk: ApprovalDesk,
  gate: Gate,
  { redis }: Pick<SidecarSettings, 'redis'>,
): Inside {
  const { ledger, activation, refusals, clock, log } = gate;
  const limiter = new RateLimiter();
  return {
    namespace: {
      name: redis?.namespace ?? 'default',
      desk,
      append: async (draft) => void (await ledger.append(draft)),
      onUnproven: ({ code, reason, door }, address) =>
        refusals.record({
          type: 'auth.failed',
          source: { address },
          outcome: { status: 'refused', refusal: code, reason },
          detail: { door },
        }),
      trusted: () => activation.current,
    },
    tooSoon: (principal) => {
      const limit = { perMinute: PER_MINUTE, nowSeconds: clock.epochSeconds() };
      return limiter.take(principal, 'console', limit)?.retryAfterSeconds;
    },
    clock,
    log,
  };
}
