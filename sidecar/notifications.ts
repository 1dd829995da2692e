// Joins notifications to one gateway: what its records give reason to tell, and what came of telling it.

import type { Ledger } from '#core/evidence/ledger.ts';
import { readSecretSource } from '#platform/file/secret-source.ts';
import { Notifier } from '#platform/notify/notifier.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Metrics } from '#platform/process/metrics.ts';
import { createUuids } from '#platform/process/uuid.ts';
import type { Activation } from './activation.ts';
import type { Approvals } from './obtain-approval.ts';
import type { SidecarSettings } from './settings.ts';

export interface NotificationParts {
  readonly settings: Pick<
    SidecarSettings,
    'env' | 'secretsDir' | 'allowPlainHttp' | 'allowPrivateReceivers'
  >;
  readonly ledger: Ledger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Alerts are raised whether or not somebody is to be told of them. */
export function openNotifications(
  { settings, ledger, metrics, clock, log }: NotificationParts,
  activation: Activation,
  { urlOf }: Pick<Approvals, 'urlOf'>,
): Notifier {
  const notifier = new Notifier({
    notifications: () => activation.current.policy.notifications,
    secretFrom: (source) => readSecretSource(source, settings),
    append: (draft) => ledger.append(draft),
    urlOf,
    newId: createUuids(clock),
    clock,
    log,
    counted: {
      alert: (event) => metrics.alerted(event),
      notified: (type, result) => metrics.notified(type, result),
    },
    allowPrivate: settings.allowPrivateReceivers ?? false,
    allowPlainHttp: settings.allowPlainHttp,
  });
  ledger.observe((record) => notifier.look(record));
  return notifier;
}
