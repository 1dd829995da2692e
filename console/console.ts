// What the pages of one console need: its parts, each with one job.

import type { ApprovalDesk } from '#core/approvals/desk.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import type { Principal } from '#core/identity/principal.ts';
import type { CodeFlow } from '#platform/oidc/code-flow.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Sealer } from '#platform/process/seal.ts';
import type { Assets } from './assets.ts';
import type { SessionShelf } from './session-shelf.ts';
import type { ConsoleSettings } from './settings.ts';
import type { Trusted } from './trust.ts';
import type { Visits } from './visits.ts';

export interface Console {
  readonly settings: ConsoleSettings;
  readonly desk: ApprovalDesk;
  /** Resolves once the record is durable. */
  readonly append: (draft: RecordDraft) => Promise<void>;
  /** Puts on record that somebody's token was not taken. */
  readonly onUnproven: (reason: string, address: string) => Promise<void>;
  /** Seconds to wait for somebody who sends more than people do. */
  readonly tooSoon: (principal: Principal) => number | undefined;
  readonly sessions: SessionShelf;
  readonly visits: Visits;
  readonly codeFlow: Pick<CodeFlow, 'begin' | 'finish'>;
  readonly sealer: Sealer;
  readonly assets: Assets;
  readonly clock: Clock;
  readonly log: Logger;
  /** As it is now. */
  readonly trusted: () => Trusted;
}
