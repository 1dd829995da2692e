// Makes the system refuse to let files grow, for real: RLIMIT_FSIZE of a running process, set from
// outside with util-linux's prlimit. Needs no privileges.

import { execFileSync, spawnSync } from 'node:child_process';

export const CAN_LIMIT_FILE_SIZE = spawnSync('prlimit', ['--version']).status === 0;

/** No regular file may grow beyond this many bytes. */
export function limitFileSize(pid: number, sizeBytes: number | 'unlimited'): void {
  // The soft limit alone: the hard one could not be raised again.
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${sizeBytes}:`]);
}
