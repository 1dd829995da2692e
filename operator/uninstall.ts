// Before the chart goes: a workload that is governed could not start again without the operator, so the chart
// stays while there is one, unless somebody insists. Then the webhooks go first, or they would stop the cluster.

import { INJECTED_LABEL } from '#crds/names.ts';
import type { KubeClient } from './kube/client.ts';
import { PATHS } from './kube/paths.ts';

export interface Uninstalling {
  readonly client: KubeClient;
  /** Goes on although workloads are governed. */
  readonly isForced: boolean;
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
  const { client, isForced, record, say } = parts;
  const governed = await governedPods(client);
  if (governed.length > 0 && !isForced) {
    const shown = governed.slice(0, SHOWN).join(', ');
    say(
      `${governed.length} pods are governed (${shown}${governed.length > SHOWN ? ', …' : ''}) and could not start again: ` +
        'opt their workloads out first, or set forceUninstall=true',
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
