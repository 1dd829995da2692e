// Ends the cluster and removes every trace of it on the machine: programs by their recorded ids,
// containers by their shims, then mounts, networks of pods, control groups and folders.

import { existsSync, globSync, rmSync } from 'node:fs';
import { CONTAINERD_SOCKET, FOLDERS } from './addresses.ts';
import { killDaemon, recordedDaemons, run } from './daemons.ts';
import { removeNetwork } from './network.ts';
import { ctr } from './node.ts';
import { endShim, read } from './shims.ts';

export async function tearDown(): Promise<void> {
  const networks = networksOfPods();
  await Promise.all(recordedDaemons().map(killDaemon));
  await endShim();
  unmountAll();
  for (const name of networks) tryTo('ip', 'netns', 'del', name);
  removeNetwork();
  removeControlGroups();
  for (const folder of [FOLDERS.run, FOLDERS.root])
    rmSync(folder, { recursive: true, force: true });
}

/** Their namespaces are the machine's: containerd makes one for each pod. */
function networksOfPods(): readonly string[] {
  // ctr waits for one that is not there.
  if (!existsSync(CONTAINERD_SOCKET)) return [];
  try {
    const described = lines(ctr('containers', 'list', '--quiet')).map((id) =>
      ctr('containers', 'info', id),
    );
    return [...new Set(described.join('\n').match(/(?<=\/run\/netns\/)cni-[0-9a-f-]+/g))];
  } catch {
    // containerd is gone; so are the names.
    return [];
  }
}

function unmountAll(): void {
  const ours = read('/proc/mounts')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => [FOLDERS.root, FOLDERS.run].some((folder) => path.startsWith(`${folder}/`)));
  // The innermost first.
  for (const path of ours.sort().reverse()) tryTo('umount', '--lazy', path);
}

function removeControlGroups(): void {
  for (const group of globSync('/sys/fs/cgroup/{,*/}{kubepods,k8s.io}')) {
    if (existsSync(group))
      tryTo('find', group, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';');
  }
}

function lines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** For what may be gone already, which is what is wanted. */
function tryTo(command: string, ...args: readonly string[]): void {
  try {
    run(command, ...args);
  } catch {
    // Seen in the end: nothing of it is left, or its folder cannot be removed.
  }
}
