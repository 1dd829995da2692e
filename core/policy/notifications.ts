// Compiles who is told: the receivers of all policies, and which of them an approval's requests and
// decisions go to.

import type { NotificationConfig, NotificationEvent } from '#crds/policy.ts';
import type { CredentialSource } from './compiled.ts';
import { credentialSource } from './credential-source.ts';
import type { LayerDocument } from './layer-document.ts';

export type CompiledReceiver = {
  /** `policy/name`. */
  readonly id: string;
  /** Undefined: all. */
  readonly events: ReadonlySet<NotificationEvent> | undefined;
} & (
  | { readonly type: 'Webhook'; readonly url: string; readonly secret: CredentialSource }
  /** The URL of an incoming webhook is the secret. */
  | { readonly type: 'Slack'; readonly url: CredentialSource }
);

export interface CompiledNotifications {
  readonly receivers: readonly CompiledReceiver[];
  /** By rule (`policy/rule`): ids of those its approval names; without an entry, all of its policy. */
  readonly named: ReadonlyMap<string, ReadonlySet<string>>;
}

const OF_APPROVALS: ReadonlySet<NotificationEvent> = new Set([
  'ApprovalRequested',
  'ApprovalDecided',
  'ApprovalExpired',
]);

export function compileNotifications(documents: readonly LayerDocument[]): CompiledNotifications {
  return {
    receivers: documents.flatMap(({ metadata, spec }) =>
      (spec.notifications ?? []).flatMap((config) => receiverOf(metadata.name, config)),
    ),
    named: new Map(documents.flatMap(namedBy)),
  };
}

/** Who is told: of an approval those that its policy names, of everything else all who want to know. */
export function receiversFor(
  { receivers, named }: CompiledNotifications,
  event: NotificationEvent,
  rule?: string,
): readonly CompiledReceiver[] {
  return receivers.filter(({ id, events }) => {
    if (events !== undefined && !events.has(event)) return false;
    if (!OF_APPROVALS.has(event) || rule === undefined) return true;
    return named.get(rule)?.has(id) ?? id.split('/')[0] === rule.split('/')[0];
  });
}

function receiverOf(policy: string, config: NotificationConfig): readonly CompiledReceiver[] {
  const { name, type, webhook, slack, events } = config;
  const id = `${policy}/${name}`;
  const wanted = events === undefined ? undefined : new Set(events);
  const secret = credentialSource(type === 'Webhook' ? webhook?.signingSecretFrom : slack?.urlFrom);
  if (secret === undefined) return [];
  if (type === 'Slack') return [{ id, events: wanted, type, url: secret }];
  return webhook === undefined ? [] : [{ id, events: wanted, type, url: webhook.url, secret }];
}

function namedBy({ metadata, spec }: LayerDocument): [string, ReadonlySet<string>][] {
  const approvals = new Map(spec.approvals?.map((approval) => [approval.name, approval.notify]));
  return (spec.rules ?? []).flatMap((rule): [string, ReadonlySet<string>][] => {
    const notify = approvals.get(rule.approval ?? '');
    if (notify === undefined) return [];
    return [[`${metadata.name}/${rule.name}`, new Set(notify.map((n) => `${metadata.name}/${n}`))]];
  });
}
