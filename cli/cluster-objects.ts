// Fetches what `gatehouse check` looks at; what the caller may not read is told apart from what is not there.

import {
  CLUSTER_POLICY_CRD,
  CLUSTER_POLICY_PLURAL,
  GROUP,
  POLICY_CRD,
  POLICY_PLURAL,
  VERSION,
} from '#crds/names.ts';
import type { KubeClient } from '#operator/kube/client.ts';
import { KubeFault } from '#operator/kube/kube-fault.ts';
import type { Installed, KubeObject, Looked, WorkloadFacts } from './cluster-findings.ts';
import { UsageError } from './command.ts';

const POLICIES = `/apis/${GROUP}/${VERSION}`;
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const WEBHOOKS = '/apis/admissionregistration.k8s.io/v1';
const PAGE = '500';

/** `own` is the namespace that Gatehouse is installed in. */
export async function readInstall(client: KubeClient, own: string): Promise<Installed> {
  const named = async (folder: string, names: readonly string[]) =>
    new Map(
      await Promise.all(
        names.map(async (name) => [name, await look(client, `${folder}/${name}`)] as const),
      ),
    );
  const deployments = `/apis/apps/v1/namespaces/${own}/deployments`;
  return {
    crds: await named(CRDS, [POLICY_CRD, CLUSTER_POLICY_CRD]),
    deployments: await named(deployments, ['gatehouse-operator', 'gatehouse-console']),
    mutating: await look(client, `${WEBHOOKS}/mutatingwebhookconfigurations/gatehouse`),
    validating: await look(client, `${WEBHOOKS}/validatingwebhookconfigurations/gatehouse`),
    guards: await lookAtGuards(client),
    policies: [
      ...(await listAll(client, `${POLICIES}/${CLUSTER_POLICY_PLURAL}`)),
      ...(await listAll(client, `${POLICIES}/${POLICY_PLURAL}`)),
    ],
  };
}

/** Of the chart. */
const GUARDS = ['gatehouse-pods', 'gatehouse-tokens', 'gatehouse-opting-out', 'gatehouse-runtime'];

async function lookAtGuards(client: KubeClient): Promise<Installed['guards']> {
  const found = GUARDS.map(async (name) => {
    const policy = await look(client, `${WEBHOOKS}/validatingadmissionpolicies/${name}`);
    const binding = await look(client, `${WEBHOOKS}/validatingadmissionpolicybindings/${name}`);
    return [name, { policy, binding }] as const;
  });
  return new Map(await Promise.all(found));
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ['deployment', 'apps/v1 deployments Deployment'],
  ['statefulset', 'apps/v1 statefulsets StatefulSet'],
  ['daemonset', 'apps/v1 daemonsets DaemonSet'],
  ['job', 'batch/v1 jobs Job'],
]);

/** `named` is KIND/NAME; rejects with UsageError when it is not, or when there is no such workload. */
export async function readWorkload(
  client: KubeClient,
  namespace: string,
  named: string,
): Promise<WorkloadFacts> {
  const [, kind = '', name = ''] = /^([a-z]+)\/([a-z0-9.-]+)$/.exec(named) ?? [];
  const [api, plural, proper = ''] = KINDS.get(kind)?.split(' ') ?? [];
  if (api === undefined) {
    throw new UsageError(
      `WORKLOAD must be one of ${[...KINDS.keys()].join(', ')}, a slash and its name, such as deployment/payments`,
    );
  }
  const found = await client.find(`/apis/${api}/namespaces/${namespace}/${plural}/${name}`);
  if (found === undefined) {
    throw new UsageError(`there is no ${named} in namespace ${namespace}; give --namespace`);
  }
  const workload = { ...(found as KubeObject), kind: proper };
  const selector = labelSelector(workload);
  const pods =
    selector === '' ? [] : await listAll(client, `/api/v1/namespaces/${namespace}/pods`, selector);
  return { workload, namespace: await look(client, `/api/v1/namespaces/${namespace}`), pods };
}

async function look(client: KubeClient, path: string): Promise<Looked> {
  try {
    return (await client.find(path)) as KubeObject | undefined;
  } catch (error) {
    if (error instanceof KubeFault && error.status === 403) return 'forbidden';
    throw error;
  }
}

/** Without a definition there are none. */
async function listAll(
  client: KubeClient,
  path: string,
  labelSelector?: string,
): Promise<readonly KubeObject[]> {
  const items: KubeObject[] = [];
  let next: string | undefined;
  do {
    const page = (await client
      .list(path, { limit: PAGE, continue: next, labelSelector })
      .catch(emptyWhenUnknown)) as Page;
    items.push(...page.items);
    next = page.metadata?.continue;
  } while (next);
  return items;
}

interface Page {
  readonly items: readonly KubeObject[];
  readonly metadata?: { readonly continue?: string };
}

function emptyWhenUnknown(error: unknown): Page {
  if (error instanceof KubeFault && (error.status === 404 || error.status === 403)) {
    return { items: [] };
  }
  throw error;
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly Requirement[];
}

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** As the API takes it in a query; empty when the workload selects nothing. */
function labelSelector({ spec }: KubeObject): string {
  const { matchLabels = {}, matchExpressions = [] } = (spec?.selector ?? {}) as Selector;
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(expression),
  ].join(',');
}

function expression({ key, operator, values = [] }: Requirement): string {
  switch (operator) {
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
  }
}
