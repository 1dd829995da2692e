// The approvals API of one gateway: who may decide is said by the policy of the moment, and whoever comes
// without a proven identity is on record as at the MCP door.

import type { ApprovalDesk } from '#core/approvals/desk.ts';
import { RateLimiter } from '#core/limiter.ts';
import { approverRules } from '#core/policy/approver-rules.ts';
import { answerTo, send } from '#platform/http/api-answer.ts';
import { approvalsApi } from '#platform/http/approvals-api.ts';
import type { Mount } from '#platform/process/admin-server.ts';
import type { Gate } from './gate.ts';
import type { SidecarSettings } from './settings.ts';

/** More than people do, and little enough that nobody fills the evidence with refusals. */
const PER_MINUTE = 120;

export function approvalsDoor(
  desk: ApprovalDesk | undefined,
  gate: Gate,
  settings: Pick<SidecarSettings, 'admin' | 'allowPlainHttp' | 'consoleUrl'>,
): Mount {
  if (desk === undefined) return elsewhereDoor(settings.consoleUrl);
  const { admin, allowPlainHttp } = settings;
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

/** Of a gateway that holds no key to decide with. Nothing is asked of it, and no token is looked at. */
function elsewhereDoor(consoleUrl: URL | undefined): Mount {
  const where = consoleUrl === undefined ? 'the console' : `${consoleUrl.origin}/`;
  const reason = `nobody decides at this gateway; decisions are taken at ${where}`;
  return async (request, response) =>
    send(request, response, answerTo({ code: 'decided_elsewhere', reason }));
}
