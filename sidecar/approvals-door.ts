// The approvals API of one gateway: who may decide is said by the policy of the moment, and whoever comes
// without a proven identity is on record as at the MCP door.

import type { ApprovalDesk } from '#core/approvals/desk.ts';
import { approverRules } from '#core/policy/approver-rules.ts';
import { approvalsApi } from '#platform/http/approvals-api.ts';
import type { Mount } from '#platform/process/admin-server.ts';
import type { Gate } from './gate.ts';
import { RateLimiter } from './limiter.ts';
import type { SidecarSettings } from './settings.ts';

/** More than people do, and little enough that nobody fills the evidence with refusals. */
const PER_MINUTE = 120;

export function approvalsDoor(
  desk: ApprovalDesk,
  gate: Gate,
  { admin, allowPlainHttp }: Pick<SidecarSettings, 'admin' | 'allowPlainHttp'>,
): Mount {
  const limiter = new RateLimiter();
  const { activation, refusals, clock, log } = gate;
  return approvalsApi({
    desk,
    gate: () => {
      const { current } = activation;
      const rules = approverRules(current.policy, current.publicUrls);
      return rules === undefined ? undefined : { verifier: current.verifier, rules };
    },
    hosts: [admin.host.toLowerCase()],
    allowPlainHttp,
    onUnproven: ({ code, reason }, address) =>
      refusals.record({
        type: 'auth.failed',
        source: { address },
        outcome: { status: 'refused', refusal: code, reason },
        detail: { door: 'approvals' },
      }),
    tooSoon: (principal) => {
      const limit = { perMinute: PER_MINUTE, nowSeconds: clock.epochSeconds() };
      return limiter.take(principal, 'approvals', limit)?.retryAfterSeconds;
    },
    onFault: (error) =>
      log.error('the approvals API failed', {
        name: error instanceof Error ? error.name : 'unknown',
        stack: error instanceof Error ? (error.stack ?? '') : '',
      }),
  });
}
