// Makes one namespace what its policies say it should be, from what is there now, whatever happened before:
// documents, floors, the runtime Secret and its Redis user, then status. What is right already is not written.

import type { EffectivePolicy } from '#core/policy/document.ts';
import type { GoverningPolicy } from '#core/policy/layer-document.ts';
import { governsNamespace } from '#core/workloads/governing.ts';
import type { Labels, Subject } from '#core/workloads/workload.ts';
import { documentConfigMap, workloadKey } from '#core/workloads/workload-key.ts';
import { INJECTION } from '#crds/names.ts';
import { sha256Hex } from '#platform/documents/signed-text.ts';
import { type Namespace, readNamespace } from '#platform/redis/keys.ts';
import type { EventRecorder } from '../kube/events.ts';
import { PATHS } from '../kube/paths.ts';
import type { RedisLink } from '../redis-link.ts';
import type { BundleWatch } from '../world/bundles.ts';
import type { PodItem, PolicyItem } from '../world/objects.ts';
import type { World } from '../world/world.ts';
import { readAcks } from './acks.ts';
import { applyStatus, policyDigest, sayChanges, second } from './apply-status.ts';
import { type Published, type Publishing, publish } from './publish.ts';
import { type Governing, governingOf, type Rendering } from './render.ts';
import { isSameStatus, statusOf } from './status.ts';
import { isInjected, type Sidecar, type Target, targetsOf, targetsOfPolicy } from './targets.ts';
import { bundlePlaces, type Found, trustFor } from './trust-for.ts';

export interface Reconciling extends Publishing {
  readonly world: World;
  readonly redis: RedisLink;
  readonly sidecar: Sidecar;
  /** Where sidecars will start: its Secret and Redis user. */
  readonly ensureRuntime: (namespace: Namespace) => Promise<void>;
  /** One of the same name is another, and begins with nothing. */
  readonly forgetRuntime: (namespace: string) => void;
  readonly render: (governing: Governing) => Rendering;
  readonly bundles: BundleWatch;
  readonly found: () => Found;
  /** When a document was first seen to be of no pod, by ConfigMap. */
  readonly unusedSince: Map<string, number>;
  readonly observed: (change: Published) => void;
  readonly events: Pick<EventRecorder, 'say'>;
  readonly drifted: (namespace: string, targets: readonly Target[]) => void;
}

/** No namespace can have this name. */
export const ALL_NAMESPACES = '*';
/** How long a document stays that no pod uses: a rollout may have none for a while. */
const UNUSED_MILLIS = 10 * 60_000;
/** While sidecars have not said that they took a policy. */
const PENDING_MILLIS = 5000;
const RESYNC_MILLIS = 60_000;

/** Resolves with when to look again, at the latest; undefined: not before something changes. */
export async function reconcileNamespace(
  parts: Reconciling,
  name: string,
): Promise<number | undefined> {
  const { world } = parts;
  const namespace = world.namespaces.get(name);
  const tenant = readNamespace(name);
  if (namespace === undefined || namespace.isTerminating || tenant === undefined) {
    await leave(parts, name);
    return undefined;
  }
  const pods = world.pods.items().filter((pod) => pod.namespace === name);
  const policies = world.policies.items().filter((item) => item.namespace === name);
  const all: Governing = { policies, baselines: world.baselines.items() };
  const injection = namespace.labels[INJECTION];
  if (policies.length > 0 || pods.some(isInjected)) await parts.ensureRuntime(tenant);

  await wantBundles(parts, name, all);
  const { documents, problems } = await settleDocuments(parts, tenant, pods, all);
  await dropUnused(parts, name, pods);
  const stored = await parts.redis.state?.acks(tenant).catch(() => undefined);
  const acks = stored === undefined ? undefined : await readAcks(parts.verifier, name, stored);
  const services = world.services.items().filter((service) => service.namespace === name);
  const facts = {
    ...{ namespace, pods, policies, services, documents, acks },
    sidecar: parts.sidecar,
  };
  const targets = targetsOf(facts, injection);
  parts.drifted(name, targets);
  for (const item of policies) {
    await settleStatus(parts, item, targets, { problems, isHeard: acks !== undefined });
  }
  await forgetGone(parts, tenant, stored, pods);
  return targets.some(({ state }) => state === 'pending') ? PENDING_MILLIS : RESYNC_MILLIS;
}

/** What was known of a namespace that is gone, or on its way: nothing of it counts any more. */
async function leave(
  { bundles, drifted, forgetRuntime, unusedSince }: Reconciling,
  name: string,
): Promise<void> {
  drifted(name, []);
  forgetRuntime(name);
  for (const key of unusedSince.keys()) if (key.startsWith(`${name}/`)) unusedSince.delete(key);
  await bundles.want(name, []);
}

/** Baselines want theirs whichever namespaces they govern. */
async function wantBundles(
  { bundles, found }: Reconciling,
  name: string,
  { policies, baselines }: Governing,
): Promise<void> {
  const of = (items: readonly { readonly policy: GoverningPolicy | undefined }[]) =>
    bundlePlaces(
      items.flatMap(({ policy }) => policy ?? []),
      found(),
    );
  await Promise.all([
    bundles.want(name, of(policies)),
    bundles.want(ALL_NAMESPACES, of(baselines)),
  ]);
}

interface Settled {
  readonly documents: ReadonlyMap<string, EffectivePolicy>;
  /** Why a workload has no new document, by its key. */
  readonly problems: ReadonlyMap<string, string>;
}

async function settleDocuments(
  parts: Reconciling,
  namespace: Namespace,
  pods: readonly PodItem[],
  all: Governing,
): Promise<Settled> {
  const { world } = parts;
  const labels = world.namespaces.get(namespace)?.labels ?? {};
  const documents = new Map<string, EffectivePolicy>();
  const problems = new Map<string, string>();
  for (const [key, subject] of subjectsByKey(pods)) {
    const item = world.documents.get(`${namespace}/${documentConfigMap(key)}`);
    const rendering = parts.render(governingOf(subject, all, labels));
    if (rendering.ok) {
      const { ok: _, ...content } = rendering;
      const { workload } = subject;
      const published = await publish(parts, { key, namespace, workload, ...content }, item);
      documents.set(key, published.document);
      if (published.isRenewed) parts.observed(published);
    } else {
      problems.set(key, rendering.problem);
      const kept = item === undefined ? undefined : await parts.published.read(item);
      if (kept !== undefined) documents.set(key, kept);
    }
  }
  return { documents, problems };
}

/** Of several pods that carry one key, the one whose key it is speaks for it. */
function subjectsByKey(pods: readonly PodItem[]): ReadonlyMap<string, Subject> {
  const subjects = new Map<string, Subject>();
  for (const { workloadKey: key, subject } of pods) {
    if (key === undefined) continue;
    if (!subjects.has(key) || workloadKey(subject, sha256Hex) === key) subjects.set(key, subject);
  }
  return subjects;
}

async function dropUnused(
  { world, client, nowMillis, unusedSince }: Reconciling,
  namespace: string,
  pods: readonly PodItem[],
): Promise<void> {
  const used = new Set(pods.map((pod) => pod.workloadKey));
  for (const { key, workloadKey: workload, ...item } of world.documents.items()) {
    if (item.namespace !== namespace) continue;
    const first = unusedSince.get(key) ?? nowMillis();
    unusedSince.set(key, first);
    if (used.has(workload)) unusedSince.delete(key);
    else if (nowMillis() - first >= UNUSED_MILLIS) {
      await client.remove(PATHS.configMap(namespace, documentConfigMap(workload)));
      unusedSince.delete(key);
    }
  }
}

async function settleStatus(
  { client, nowMillis, world, events, found }: Reconciling,
  item: PolicyItem,
  all: readonly Target[],
  { problems, isHeard }: { readonly problems: Settled['problems']; readonly isHeard: boolean },
): Promise<void> {
  const targets = targetsOfPolicy(item, all);
  const unrendered =
    targets.map(({ pod }) => problems.get(pod.workloadKey ?? '')).find(Boolean) ??
    problemAlone(item, found());
  const labels = world.namespaces.get(item.namespace)?.labels ?? {};
  const status = statusOf({
    ...{ item, targets, unrendered, isHeard },
    digest: item.policy === undefined ? undefined : policyDigest(item.policy),
    mode: isObservingForbidden(world, labels) ? 'Enforce' : (item.policy?.spec.mode ?? 'Enforce'),
    now: second(nowMillis()),
  });
  if (isSameStatus(item.status, status)) return;
  await applyStatus(client, item, status);
  sayChanges(events, item, status);
}

/** Said also while there is no pod that would need it. */
export function problemAlone(
  { policy }: { readonly policy: GoverningPolicy | undefined },
  found: Found,
): string | undefined {
  const trusted = policy === undefined ? undefined : trustFor([policy], found);
  return trusted?.ok === false ? trusted.problem : undefined;
}

function isObservingForbidden(world: World, labels: Labels): boolean {
  return world.baselines
    .items()
    .some(({ policy }) => policy?.spec.mode === 'Enforce' && governsNamespace(policy, labels));
}

async function forgetGone(
  { redis }: Reconciling,
  namespace: Namespace,
  stored: ReadonlyMap<string, string> | undefined,
  pods: readonly PodItem[],
): Promise<void> {
  const here = new Set(pods.map(({ uid }) => uid));
  const gone = [...(stored?.keys() ?? [])].filter((uid) => !here.has(uid));
  await redis.state?.forgetAcks(namespace, gone).catch(() => {});
}
