// Before the chart goes: a workload that is governed could not start again without the operator, so the chart
// stays while there is one, unless somebody insists. Then the webhooks go first, or they would stop the cluster.

import { FORCE_UNINSTALL, INJECTED_LABEL } from '#crds/names.ts';
import type { KubeClient } from './kube/client.ts';
import { PATHS } from './kube/paths.ts';

export interface Uninstalling {
  readonly client: KubeClient;
  /** That the chart is in: by its annotation somebody insists, although workloads are governed. */
  readonly namespace: string;
  /** Resolves once it is evidence; who asked is known to the API server alone. */
  readonly record: (detail: {
    readonly governed: number;
    readonly forced: boolean;
  }) => Promise<void>;
  readonly say: (line: string) => void;
}

const WEBHOOKS = '/apis/admissionregistration.k8s.io/v1';
const SHOWN = 5;

/** False when it must not go on. */
export async function prepareUninstall(parts: Uninstalling): Promise<boolean> {
  const { client, namespace, record, say } = parts;
  const isForced = await isInsistedOn(client, namespace);
  const governed = await governedPods(client);
  if (governed.length > 0 && !isForced) {
    const shown = governed.slice(0, SHOWN).join(', ');
    say(
      `${governed.length} pods are governed (${shown}${governed.length > SHOWN ? ', …' : ''}) and could not start again: ` +
        `opt their workloads out first, or insist: kubectl annotate namespace ${namespace} ${FORCE_UNINSTALL}=true; ` +
        'or keep the chart, which Helm upgrades again after: helm rollback RELEASE LAST_REVISION (helm history says which)',
    );
    return false;
  }
  await record({ governed: governed.length, forced: isForced });
  for (const kind of ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']) {
    await client.remove(`${WEBHOOKS}/${kind}/gatehouse`);
  }
  say('the webhooks are removed');
  return true;
}

/** Not by a value of the chart: Helm upgrades no release whose removal was refused. */
async function isInsistedOn(client: KubeClient, namespace: string): Promise<boolean> {
  const { metadata } = Object(await client.find(`${PATHS.namespaces}/${namespace}`));
  return Object(Object(metadata).annotations)[FORCE_UNINSTALL] === 'true';
}

async function governedPods(client: KubeClient): Promise<readonly string[]> {
  const names: string[] = [];
  let next: string | undefined;
  do {
    const query = { labelSelector: INJECTED_LABEL, limit: '500', continue: next };
    const page = (await client.list(PATHS.pods, query)) as PodPage;
    names.push(...page.items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
    next = page.metadata.continue;
  } while (next);
  return names;
}

interface PodPage {
  readonly items: readonly {
    readonly metadata: { readonly namespace: string; readonly name: string };
  }[];
  readonly metadata: { readonly continue?: string };
}
