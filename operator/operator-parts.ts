// What every part of the operator is given: settings, the API server, the machine's clock and chance.

import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { KubeClient } from './kube/client.ts';
import { KubeFault } from './kube/kube-fault.ts';
import type { OperatorMetrics } from './operator-metrics.ts';
import type { OperatorSettings } from './settings.ts';

export interface OperatorParts {
  readonly settings: OperatorSettings;
  readonly client: KubeClient;
  readonly log: Logger;
  readonly metrics: OperatorMetrics;
  readonly clock: Clock;
  readonly random: () => number;
  /** Of this release, and so of the sidecar that it injects. */
  readonly version: string;
  /** PEM of the authority of /v1. */
  readonly operatorCa: () => string;
  readonly redisCa: string | undefined;
  readonly recordingKeyPem: string | undefined;
  /** Whether a pod made now would get its sidecar. */
  readonly isInjecting: () => boolean;
  /** Another replica may lead now. */
  readonly onLoss: () => void;
}

export function wallMillis(clock: Clock): number {
  return Math.floor(clock.epochSeconds() * 1000);
}

/** Status and reason of what the API server refused: neither quotes an object. */
export function saying(error: unknown) {
  const fault = error instanceof Error ? { error } : {};
  return error instanceof KubeFault
    ? { ...fault, status: error.status, reason: error.reason }
    : fault;
}
