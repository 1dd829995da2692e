// Gatehouse in the cluster, installed by Helm as its guide says, with values for a cluster whose images
// come from files: once for all journeys of a run.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { NAMES } from '#e2e/cluster/addresses.ts';
import { IMAGE_TAG, REDIS_IMAGE } from '#e2e/cluster/images.ts';
import { kubectl, tryKubectl } from './cluster.ts';
import { eventually } from './eventually.ts';

/** Where the operator, the console and the bundled Redis are. */
export const SYSTEM = 'gatehouse-system';

/** Repeats harmlessly: the second upgrade finds nothing to change. */
export async function installDefinitions(): Promise<void> {
  await helm('upgrade', '--install', 'gatehouse-crds', 'charts/gatehouse-crds', ...PLACE);
}

export async function installGatehouse(values: Readonly<Record<string, string>>): Promise<void> {
  await installDefinitions();
  const all = { ...VALUES, ...values };
  const set = Object.entries(all).flatMap(([name, value]) => ['--set-json', `${name}=${value}`]);
  await helm(
    ...['upgrade', '--install', 'gatehouse', 'charts/gatehouse', ...PLACE],
    ...['--wait', '--timeout', '180s', ...set],
  );
  await untilAdmits();
}

/** Pods of the operator are ready a moment before the node leads from their Service to them. */
export async function untilAdmits(): Promise<void> {
  const metadata = { name: 'tried', labels: { 'gatehouse.dev/inject': 'true' } };
  const spec = { containers: [{ name: 'tried', image: 'tried' }] };
  const pod = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
  const create = ['-n', 'default', 'create', '--dry-run=server', '-f', '-'];
  await eventually('an answer of the operator at admission', async () => {
    const { code, problem } = await tryKubectl(create, pod);
    // No policy is of this pod.
    return code !== 0 && problem.includes('denied the request: Gatehouse: ');
  });
}

/** Waits for what journeys before have governed; nothing of it is left, as on a cluster that never had it. */
export async function removeGatehouse(): Promise<void> {
  await eventually('no governed pods', async () => (await governedPods()) === '', GONE_MS);
  for (const release of (await helm('list', '-qn', SYSTEM)).trim().split('\n').filter(Boolean)) {
    await helm('uninstall', release, '-n', SYSTEM, '--wait');
  }
  const kinds = ['mcpgatewaypolicies', 'mcpgatewayclusterpolicies'];
  const definitions = kinds.map((kind) => `crd/${kind}.gatehouse.dev`);
  await kubectl('delete', '--ignore-not-found', ...definitions, `namespace/${SYSTEM}`);
}

/** Of a chart that is gone; what its objects own goes a moment after them. */
export async function untilNoTrace(): Promise<void> {
  let left: readonly string[] = [];
  const isClean = async () => {
    left = await tracesOfGatehouse();
    return left.length === 0;
  };
  await eventually('a cluster without Gatehouse', isClean).catch((error: unknown) => {
    throw new Error(`${String(error)}; left: ${left.join(', ')}`);
  });
}

/** What a chart that is gone has left in the cluster; the definitions are a chart of their own. */
async function tracesOfGatehouse(): Promise<readonly string[]> {
  const label = 'app.kubernetes.io/part-of=gatehouse';
  const ofCluster = await kubectl('get', CLUSTER_KINDS, '-l', label, '-o', 'name');
  const own = await kubectl('-n', SYSTEM, 'get', OWN_KINDS, '-l', label, '-o', 'name');
  return `${ofCluster}${own}`.split('\n').filter(Boolean);
}

const CLUSTER_KINDS = [
  'mutatingwebhookconfigurations,validatingwebhookconfigurations,validatingadmissionpolicies',
  'validatingadmissionpolicybindings,clusterroles,clusterrolebindings',
].join(',');
const OWN_KINDS = [
  'deployments,statefulsets,services,jobs,configmaps,serviceaccounts,roles,rolebindings',
  'networkpolicies,poddisruptionbudgets',
].join(',');
/** A pod that drains takes half a minute, and its namespace a little more. */
const GONE_MS = 180_000;

async function governedPods(): Promise<string> {
  return kubectl('get', 'pods', '-A', '-l', 'gatehouse.dev/injected', '-o', 'name');
}

const PLACE = ['--namespace', SYSTEM, '--create-namespace'] as const;

/** As JSON. */
const VALUES: Readonly<Record<string, string>> = {
  'image.registry': `"${NAMES.images}"`,
  'image.tag': `"${IMAGE_TAG}"`,
  'redis.bundled.image': `"${REDIS_IMAGE}"`,
  // The identity provider of the tests, and their servers.
  allowPlainHttp: 'true',
};

export async function helm(...args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)('helm', args)).stdout;
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(`helm ${args.join(' ')}: ${stderr.trim()}`);
  }
}
