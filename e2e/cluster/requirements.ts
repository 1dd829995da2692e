// What a node on this machine needs and cannot be brought by the makefile, asked before anything is begun,
// so that what is missing is said in a sentence.

import { spawnSync } from 'node:child_process';
import { arePrograms } from './programs.ts';

/** EX_UNAVAILABLE of sysexits.h. */
export const EXIT_UNAVAILABLE = 69;

const INSTEAD = 'or run the journeys on a cluster of yours: E2E_KUBECONFIG=FILE make e2e';

export interface Machine {
  readonly platform: string;
  readonly isRoot: boolean;
  readonly hasGo: boolean;
  /** Built before, on this machine. */
  readonly hasPrograms: boolean;
}

/** Sentences, each with what to do; none when a node can be started here. */
export function missingForNode(machine: Machine): readonly string[] {
  if (machine.platform !== 'linux') return [`a node runs on Linux alone; ${INSTEAD}`];
  return [
    ...(machine.isRoot ? [] : [`a node is root: run this as root (sudo -E make e2e), ${INSTEAD}`]),
    ...missingForPrograms(machine),
  ];
}

/** What building them takes, wherever the node is. */
export function missingForPrograms({ hasGo, hasPrograms }: Machine): readonly string[] {
  if (hasGo || hasPrograms) return [];
  return [
    'Go is not on PATH: Kubernetes and promtool are built from their published modules, once on a machine. ' +
      'Install Go 1.26 or newer (https://go.dev/dl) and run this again',
  ];
}

export function thisMachine(): Machine {
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    hasGo: spawnSync('go', ['version']).status === 0,
    hasPrograms: arePrograms(),
  };
}
