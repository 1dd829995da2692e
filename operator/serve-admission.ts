// What the API server asks this replica at admission, put together from what the operator knows.

import { signText } from '#platform/documents/signed-text.ts';
import type { Logger } from '#platform/process/log.ts';
import { admissionWorld } from './admission-world.ts';
import type { InjectionSettings } from './injection/settings.ts';
import type { Operator } from './operator.ts';
import type { Append } from './webhooks/append.ts';
import { namespacesHandler } from './webhooks/namespaces.ts';
import { optingHandler } from './webhooks/opting.ts';
import { podsHandler } from './webhooks/pods.ts';
import { policiesHandler } from './webhooks/policies.ts';
import {
  type ServerCertificate,
  startWebhooks,
  type WebhookOptions,
  type WebhookServer,
} from './webhooks/server.ts';
import { workloadsHandler } from './webhooks/workloads.ts';

export interface AdmissionOptions {
  readonly operator: Operator;
  readonly injection: InjectionSettings;
  readonly certificate: ServerCertificate;
  readonly log: Logger;
  readonly onVerdict: NonNullable<WebhookOptions['onVerdict']>;
  readonly host: string;
  readonly port: number;
}

export function serveAdmission(options: AdmissionOptions): Promise<WebhookServer> {
  const { operator, injection, ...serving } = options;
  const { evidence, keys } = operator;
  const world = admissionWorld(operator.world);
  const append: Append = (entry) => evidence.append(entry);
  const signStatus = (text: string) => signText('status', text, keys.policyKey);
  return startWebhooks({
    ...serving,
    handlers: new Map([
      ['/pods', podsHandler({ world, settings: injection, signStatus })],
      ['/workloads', workloadsHandler(world)],
      ['/opting', optingHandler(append)],
      ['/policies', policiesHandler(append)],
      ['/namespaces', namespacesHandler(append)],
    ]),
  });
}
