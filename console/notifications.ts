// Tells people what the evidence of one namespace says that a console writes: decisions, broken glass, whoever
// tried to decide about themselves. Gateways tell of what they write.

import { join } from 'node:path';
import type { Ledger } from '#core/evidence/ledger.ts';
import type { CompiledNotifications } from '#core/policy/notifications.ts';
import { readSecretSource } from '#platform/file/secret-source.ts';
import { Notifier } from '#platform/notify/notifier.ts';
import type { Clock } from '#platform/process/clock.ts';
import type { Logger } from '#platform/process/log.ts';
import type { Metrics } from '#platform/process/metrics.ts';
import { createUuids } from '#platform/process/uuid.ts';
import type { Namespace } from '#platform/redis/keys.ts';
import { requestAddress } from './pages/addresses.ts';
import type { AloneSettings } from './settings.ts';

export interface NotificationParts {
  readonly settings: AloneSettings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** `notifications`: of the policy in force there. Its links name the namespace, whichever others are served. */
export function openNotifications(
  { settings, clock, log, metrics }: NotificationParts,
  { name, ledger }: { readonly name: Namespace; readonly ledger: Ledger },
  notifications: () => CompiledNotifications,
): Notifier {
  const { env, secretsDir } = settings;
  const places = { env, secretsDir: secretsDir === undefined ? undefined : join(secretsDir, name) };
  const notifier = new Notifier({
    notifications,
    secretFrom: (source) => readSecretSource(source, places),
    append: (draft) => ledger.append(draft),
    urlOf: (id) => `${settings.publicUrl.origin}${requestAddress(id, name)}`,
    newId: createUuids(clock),
    clock,
    log: log.with({ namespace: name }),
    counted: {
      alert: (event) => metrics.alerted(event),
      notified: (type, result) => metrics.notified(type, result),
    },
    allowPrivate: settings.allowPrivateReceivers,
    allowPlainHttp: settings.allowPlainHttp,
  });
  ledger.observe((record) => notifier.look(record));
  return notifier;
}
