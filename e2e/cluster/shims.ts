// The processes that hold containers: one for each pod. They outlive containerd, so that it can be restarted,
// and the containers outlive them.

import { globSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { CONTAINERD_SOCKET } from './addresses.ts';

const SHIM = 'containerd-shim-runc-v2';

/** With all of its containers; that of one sandbox, or all of the cluster. */
export async function endShim(sandbox?: string): Promise<void> {
  for (const pid of shims(sandbox)) {
    for (const child of childrenOf(pid)) tryToKill(child);
    tryToKill(pid);
  }
  while (shims(sandbox).length > 0) await delay(50);
}

/** Empty when it is not there. */
export function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function shims(sandbox: string | undefined): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      const words = read(`/proc/${pid}/cmdline`).split('\0');
      return (
        words[0]?.endsWith(SHIM) === true &&
        words.includes(CONTAINERD_SOCKET) &&
        (sandbox === undefined || words.includes(sandbox))
      );
    });
}

function childrenOf(pid: number): readonly number[] {
  return globSync(`/proc/${pid}/task/*/children`).flatMap((file) =>
    read(file).split(' ').filter(Boolean).map(Number),
  );
}

function tryToKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
