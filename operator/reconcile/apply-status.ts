// Writes the status of a policy as its own field manager, so that nobody else's fields are touched.

import { canonicalize } from '#core/evidence/canonical.ts';
import type { GoverningPolicy } from '#core/policy/layer-document.ts';
import { API_VERSION, CLUSTER_POLICY_KIND, CONDITIONS, POLICY_KIND } from '#crds/names.ts';
import type { PolicyStatus } from '#crds/policy.ts';
import { sha256Hex } from '#platform/documents/signed-text.ts';
import type { KubeClient } from '../kube/client.ts';
import type { EventRecorder } from '../kube/events.ts';
import { MANAGERS, PATHS } from '../kube/paths.ts';
import type { PolicyItem } from '../world/objects.ts';

export async function applyStatus(
  client: KubeClient,
  { name, namespace }: { readonly name: string; readonly namespace: string },
  status: PolicyStatus,
): Promise<void> {
  const isCluster = namespace === '';
  await client.apply(
    `${isCluster ? PATHS.clusterPolicy(name) : PATHS.policy(namespace, name)}/status`,
    {
      apiVersion: API_VERSION,
      kind: isCluster ? CLUSTER_POLICY_KIND : POLICY_KIND,
      metadata: isCluster ? { name } : { name, namespace },
      status,
    },
    { manager: MANAGERS.status, force: true },
  );
}

/** Events for what is another than it was: one sentence each, as the condition says it. */
export function sayChanges(
  events: Pick<EventRecorder, 'say'>,
  item: Pick<PolicyItem, 'name' | 'namespace' | 'uid' | 'status'>,
  status: PolicyStatus,
): void {
  const { name, namespace, uid } = item;
  const on = { apiVersion: API_VERSION, kind: POLICY_KIND, name, namespace, uid };
  for (const { type, status: value, reason, message } of status.conditions ?? []) {
    const before = item.status?.conditions?.find((one) => one.type === type);
    const isNews = before?.status !== value || before.reason !== reason;
    if (!isNews || !TOLD.has(type) || value === 'Unknown') continue;
    // While sidecars take a policy there is nothing to say yet.
    if (reason === 'Pending' || (before === undefined && value === 'True')) continue;
    events.say(value === 'True' ? 'Normal' : 'Warning', on, reason, message);
  }
}

const TOLD: ReadonlySet<string> = new Set([
  CONDITIONS.accepted,
  CONDITIONS.programmed,
  CONDITIONS.bypassProtected,
]);

/** What was written: kind, name and spec, as files and records name a policy too. */
export function policyDigest({ apiVersion, kind, metadata, spec }: GoverningPolicy): string {
  const { name, namespace } = metadata;
  const identity = namespace === undefined ? { name } : { name, namespace };
  return sha256Hex(canonicalize({ apiVersion, kind, metadata: identity, spec }));
}

/** RFC 3339 to the second, as Kubernetes writes times. */
export function second(millis: number): string {
  return `${new Date(millis).toISOString().slice(0, 19)}Z`;
}
