// What the journey needs besides the message: the parts of one running gateway, each with one job.

import type { Ledger } from '#core/evidence/ledger.ts';
import type { RateLimiter, Slots } from '#core/limiter.ts';
import type { Upstream } from '#platform/http/upstream.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { RefusalLog } from '#platform/process/refusal-log.ts';
import type { Activation } from './activation.ts';
import type { Definitions } from './definitions.ts';
import type { Departure } from './departure.ts';
import type { EventIds } from './event-ids.ts';
import type { Exchanges } from './exchanges.ts';
import type { Inquiries } from './inquiries.ts';
import type { Approvals } from './obtain-approval.ts';
import type { OwnTasks } from './own-tasks.ts';
import type { Questions } from './questions.ts';
import type { Recorder } from './recorder.ts';
import type { Sessions } from './sessions.ts';
import type { RequestStates } from './state.ts';
import type { TaskIds } from './task-ids.ts';

export interface Gate {
  readonly activation: Activation;
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  readonly upstream: Upstream;
  readonly sessions: Sessions;
  readonly eventIds: EventIds;
  readonly states: RequestStates;
  readonly taskIds: TaskIds;
  readonly ownTasks: OwnTasks;
  readonly exchanges: Exchanges;
  readonly questions: Questions;
  readonly definitions: Definitions;
  readonly inquiries: Inquiries;
  readonly approvals: Approvals;
  readonly refusals: RefusalLog;
  readonly limiter: RateLimiter;
  readonly streams: Slots;
  /** Requests on their way to the replicas that own their sessions. */
  readonly tunnels: Slots;
  readonly clock: Clock;
  /** UUIDv7. */
  readonly newId: () => string;
  readonly log: Logger;
  /** How far the gateway is on its way out, before it takes no more calls. */
  readonly departure: Departure;
  /** Aborted when the gateway takes no more calls: streams end, calls under way go on. */
  readonly drain: AbortController;
  /** Aborted when calls under way have had their time. */
  readonly cut: AbortController;
}
