// What belongs to no namespace: the status of baselines, and the policies of all namespaces as the console
// reads them.

import { stringify } from 'yaml';
import { bare } from '#core/policy/document.ts';
import { governsNamespace } from '#core/workloads/governing.ts';
import { sha256Hex } from '#platform/documents/signed-text.ts';
import type { KubeClient } from '../kube/client.ts';
import { MANAGED_BY, MANAGERS, PATHS } from '../kube/paths.ts';
import type { BaselineItem, PolicyItem } from '../world/objects.ts';
import type { World } from '../world/world.ts';
import { applyStatus, policyDigest, second } from './apply-status.ts';
import { problemAlone } from './reconcile.ts';
import { isSameStatus, statusOf } from './status.ts';
import type { Target } from './targets.ts';
import { bundlePlaces, type Found } from './trust-for.ts';

export interface ClusterReconciling {
  readonly client: KubeClient;
  readonly world: World;
  /** Of the operator. */
  readonly namespace: string;
  /** As each namespace was last found. */
  readonly targets: ReadonlyMap<string, readonly Target[]>;
  readonly isHeard: () => boolean;
  readonly nowMillis: () => number;
  readonly found: () => Found;
  /** Of the ConfigMap for the console, as it was last written. */
  readonly consoleWritten: ConsoleWritten;
  /** Told when another number of policies does not fit into it. */
  readonly leftOut: (count: number) => void;
}

export interface ConsoleWritten {
  digest: string;
  texts: ReadonlyMap<string, string>;
  leftOut: number;
}

export const CONSOLE_POLICIES = 'gatehouse-console-policies';
/** A ConfigMap has a mebibyte. */
const MAX_CONSOLE_CHARS = 1_000_000;

export async function reconcileCluster(parts: ClusterReconciling): Promise<void> {
  for (const item of parts.world.baselines.items()) await settleBaseline(parts, item);
  await settleConsole(parts);
}

async function settleBaseline(parts: ClusterReconciling, item: BaselineItem): Promise<void> {
  const { world, client, isHeard, nowMillis, found } = parts;
  const targets = [...parts.targets].flatMap(([name, found]) => {
    const labels = world.namespaces.get(name)?.labels;
    const { policy } = item;
    return labels !== undefined && policy !== undefined && governsNamespace(policy, labels)
      ? found
      : [];
  });
  const status = statusOf({
    ...{ item, targets, mode: 'Enforce', isHeard: isHeard() },
    unrendered: problemAlone(item, found()),
    digest: item.policy === undefined ? undefined : policyDigest(item.policy),
    now: second(nowMillis()),
  });
  if (!isSameStatus(item.status, status)) await applyStatus(client, item, status);
}

/** One key per policy, as files of YAML; the console takes them as a folder. */
async function settleConsole(parts: ClusterReconciling): Promise<void> {
  const { client, namespace, consoleWritten, leftOut } = parts;
  const { data, count } = consoleData(parts);
  if (count !== consoleWritten.leftOut) leftOut(count);
  consoleWritten.leftOut = count;
  const digest = sha256Hex(JSON.stringify(data));
  if (consoleWritten.digest === digest) return;
  await client.apply(
    PATHS.configMap(namespace, CONSOLE_POLICIES),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: CONSOLE_POLICIES, namespace, labels: MANAGED_BY },
      data,
    },
    { manager: MANAGERS.objects, force: true },
  );
  consoleWritten.digest = digest;
}

/** Of the policies, in the order of their names, as many as fit; and how many do not. */
function consoleData({ world, consoleWritten, found }: ClusterReconciling) {
  const data: Record<string, string> = {};
  const texts = new Map<string, string>();
  let [chars, count] = [0, 0];
  const valid = world.policies.items().filter(({ problem }) => problem === undefined);
  for (const item of valid.sort((a, b) => (a.key < b.key ? -1 : 1))) {
    // Writing YAML is slow, and most policies are as they were.
    const maps = configMapsFor(item, found());
    const name = `${item.uid}/${item.generation}/${maps === '' ? '' : sha256Hex(maps)}`;
    const text = consoleWritten.texts.get(name) ?? `${policyText(item)}${maps}`;
    texts.set(name, text);
    chars += text.length;
    if (chars > MAX_CONSOLE_CHARS) count += 1;
    else data[`${item.namespace}.${item.name}.yaml`] = text;
  }
  consoleWritten.texts = texts;
  return { data, count };
}

function policyText({ policy }: PolicyItem): string {
  const [document] = policy === undefined ? [] : bare([policy]);
  return stringify(document);
}

/** What its issuers are believed by, as further documents of its file; nothing where that is missing. */
function configMapsFor({ policy }: PolicyItem, found: Found): string {
  const data = new Map<string, Record<string, string>>();
  for (const place of policy === undefined ? [] : bundlePlaces([policy], found)) {
    const read = found.bundle(place);
    if (read.ok) data.set(place.name, { ...data.get(place.name), [place.key]: read.pem });
  }
  const { namespace } = policy?.metadata ?? {};
  return [...data]
    .map(([name, texts]) => {
      const metadata = namespace === undefined ? { name } : { name, namespace };
      return `---\n${stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: texts })}`;
    })
    .join('');
}
