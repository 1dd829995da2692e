// Ends the cluster and removes every trace of it on the machine: programs by their recorded ids,
// containers by their shims, then mounts, networks of pods, control groups and folders.

import { existsSync, globSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ADDRESSES, CONTAINERD_SOCKET, FOLDERS, NAMES } from './addresses.ts';
import { killDaemon, recordedDaemons, run } from './daemons.ts';
import { removeNetwork } from './network.ts';

const LOOPBACK = '127.0.0.1';
const PODS = ADDRESSES.podsOfNode.replace(/0\/24$/, '');
const SHIM = 'containerd-shim-runc-v2';

export async function tearDown(): Promise<void> {
  const networks = networksOfPods();
  await Promise.all(recordedDaemons().map(killDaemon));
  await endShims();
  unmountAll();
  // One of another cluster, which was just being made, has its address by now.
  const ours = networksOfPods().filter((name) => networks.includes(name));
  for (const name of ours) tryTo('ip', 'netns', 'del', name);
  removeNetwork();
  removeControlGroups();
  for (const folder of [FOLDERS.run, FOLDERS.root])
    rmSync(folder, { recursive: true, force: true });
  const left = traces(ours);
  if (left.length > 0) throw new Error(`of the cluster this is left: ${left.join(', ')}`);
}

function traces(networks: readonly string[]): readonly string[] {
  const names = [...networks, NAMES.namespace].map((name) => `/run/netns/${name}`);
  const link = `/sys/class/net/${NAMES.hostLink}`;
  return [...names, link, FOLDERS.run, FOLDERS.root].filter((path) => existsSync(path));
}

/** Their namespaces are the machine's: containerd makes one for each pod. Others' have other addresses in them. */
function networksOfPods(): readonly string[] {
  return globSync('/run/netns/cni-*')
    .map((file) => basename(file))
    .filter((name) => {
      const inside = tryTo('ip', '-n', name, '-o', '-4', 'address');
      const addresses = inside.match(/(?<=inet )[\d.]+/g) ?? [];
      // One that is about to go has lost its address already.
      return addresses.every((address) => address === LOOPBACK || address.startsWith(PODS));
    });
}

/** A shim outlives containerd, and its container outlives the shim. */
async function endShims(): Promise<void> {
  for (const pid of shims()) {
    for (const child of childrenOf(pid)) tryToKill(child);
    tryToKill(pid);
  }
  while (shims().length > 0) await delay(50);
}

function shims(): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      const words = read(`/proc/${pid}/cmdline`).split('\0');
      return words[0]?.endsWith(SHIM) === true && words.includes(CONTAINERD_SOCKET);
    });
}

function childrenOf(pid: number): readonly number[] {
  return globSync(`/proc/${pid}/task/*/children`).flatMap((file) =>
    read(file).split(' ').filter(Boolean).map(Number),
  );
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

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function tryToKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** For what may be gone already, which is what is wanted. */
function tryTo(command: string, ...args: readonly string[]): string {
  try {
    return run(command, ...args);
  } catch {
    // Seen in the end, when something is left.
    return '';
  }
}
