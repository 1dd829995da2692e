// Gatehouse in the cluster, installed by Helm as its guide says, with values for a cluster whose images
// come from files: once for all journeys of a run.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { NAMES } from '#e2e/cluster/addresses.ts';
import { IMAGE_TAG, REDIS_IMAGE } from '#e2e/cluster/images.ts';

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

async function helm(...args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)('helm', args);
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(`helm ${args.join(' ')}: ${stderr.trim()}`);
  }
}
