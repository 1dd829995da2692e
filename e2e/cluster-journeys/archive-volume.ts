// A volume for the archive of evidence, as the team that runs a cluster makes one: a folder of the node, and the claim that
// the chart is given the name of.

import { chownSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FOLDERS } from '#e2e/cluster/addresses.ts';
import { apply, kubectl } from './cluster.ts';
import { SYSTEM } from './installation.ts';

export const ARCHIVE = {
  claim: 'evidence-archive',
  folder: join(FOLDERS.root, 'evidence-archive'),
} as const;

/** As whom the operator runs. Of a folder of the node nobody changes the owner for it. */
const USER = 65_532;
const SIZE = { storage: '1Gi' };
/** Both: one replica verifies, and any may be it. */
const PLACE = { accessModes: ['ReadWriteMany'], storageClassName: '' };

/** Its namespace is there. */
export async function makeArchive(): Promise<void> {
  const { claim: name, folder } = ARCHIVE;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  chownSync(folder, USER, USER);
  const hostPath = { path: folder, type: 'DirectoryOrCreate' };
  const ours = { name, namespace: SYSTEM };
  await apply(
    SYSTEM,
    {
      ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name } },
      spec: { ...PLACE, capacity: SIZE, claimRef: ours, hostPath },
    },
    {
      ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: ours },
      spec: { ...PLACE, volumeName: name, resources: { requests: SIZE } },
    },
  );
}

/** Its claim went with its namespace. */
export async function removeArchive(): Promise<void> {
  await kubectl('delete', '--ignore-not-found', 'persistentvolume', ARCHIVE.claim);
  rmSync(ARCHIVE.folder, { recursive: true, force: true });
}
