// The storage of the cluster: a folder of this machine for each claim, made when it is asked for and removed
// when the claim is. It runs beside the kubelet, as a program of the node.

import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FOLDERS } from './addresses.ts';
import { type Api, openApi } from './api.ts';

interface Claim {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly spec: {
    readonly storageClassName?: string;
    readonly volumeName?: string;
    readonly accessModes: readonly string[];
    readonly resources: { readonly requests: { readonly storage: string } };
  };
}

interface Volume {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly storageClassName?: string };
  readonly status?: { readonly phase?: string };
}

const CLASS = 'folders';
const CLASSES = '/apis/storage.k8s.io/v1/storageclasses';
/** There as soon as claims are provided for. */
export const STORAGE_CLASS = `${CLASSES}/${CLASS}`;
const VOLUMES = '/api/v1/persistentvolumes';
const LOOK_MS = 300;

if (import.meta.main) await serve(openApi());

async function serve(api: Api): Promise<never> {
  for (;;) {
    try {
      await makeClass(api);
      await provide(api);
      await removeReleased(api);
    } catch (error) {
      process.stderr.write(`${error}\n`);
    }
    await delay(LOOK_MS);
  }
}

async function makeClass(api: Api): Promise<void> {
  if ((await api(STORAGE_CLASS)).status === 200) return;
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  await api(CLASSES, {
    method: 'POST',
    body: {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: CLASS, annotations },
      provisioner: 'gatehouse.test/folders',
    },
  });
}

async function provide(api: Api): Promise<void> {
  for (const claim of await list<Claim>(api, '/api/v1/persistentvolumeclaims')) {
    if (claim.spec.storageClassName !== CLASS || claim.spec.volumeName !== undefined) continue;
    const volume = volumeFor(claim);
    mkdirSync(volume.spec.hostPath.path, { recursive: true });
    // Whoever the pod runs as.
    chmodSync(volume.spec.hostPath.path, 0o777);
    await api(VOLUMES, { method: 'POST', body: volume });
  }
}

function volumeFor({ metadata: { name, namespace, uid }, spec }: Claim) {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `folder-${uid}` },
    spec: {
      storageClassName: CLASS,
      capacity: spec.resources.requests,
      accessModes: spec.accessModes,
      persistentVolumeReclaimPolicy: 'Retain',
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
      hostPath: { path: pathOf(`folder-${uid}`) },
    },
  };
}

async function removeReleased(api: Api): Promise<void> {
  for (const { metadata, spec, status } of await list<Volume>(api, VOLUMES)) {
    if (spec.storageClassName !== CLASS || status?.phase !== 'Released') continue;
    await api(`${VOLUMES}/${metadata.name}`, { method: 'DELETE' });
    rmSync(pathOf(metadata.name), { recursive: true, force: true });
  }
}

function pathOf(volume: string): string {
  return join(FOLDERS.root, 'volumes', volume);
}

async function list<Item>(api: Api, path: string): Promise<readonly Item[]> {
  const { status, text } = await api(path);
  if (status !== 200) throw new Error(`${path}: ${status}`);
  return JSON.parse(text).items;
}
