// What the pages of one console need: its parts, each with one job.

import type { Principal } from '#core/identity/principal.ts';
import type { CodeFlow } from '#platform/oidc/code-flow.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Sealer } from '#platform/process/seal.ts';
import type { Assets } from './assets.ts';
import type { ConsoleNamespace } from './namespace.ts';
import type { ConsoleSettings } from './settings.ts';
import type { Visits } from './visits.ts';

export interface Console {
  readonly settings: ConsoleSettings;
  /** Those that are served now, by name. */
  readonly namespaces: () => readonly ConsoleNamespace[];
  /** Seconds to wait for somebody who sends more than people do. */
  readonly tooSoon: (principal: Principal) => number | undefined;
  readonly visits: Visits;
  readonly codeFlow: Pick<CodeFlow, 'begin' | 'finish'>;
  readonly sealer: Sealer;
  readonly assets: Assets;
  readonly clock: Clock;
  readonly log: Logger;
}
