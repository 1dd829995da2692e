// Debian programs that the bench needs beside the npm packages: names what is missing and how to get it.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const PACKAGES: readonly (readonly [program: string, versionFlag: string, debian: string])[] = [
  ['nginx', '-v', 'nginx-light'],
  ['wrk', '-v', 'wrk'],
  ['taskset', '-V', 'util-linux'],
];

/** Exits with 69 (unavailable) when one is missing. */
export async function assertPrograms(): Promise<void> {
  const missing: string[] = [];
  for (const [program, flag, debian] of PACKAGES) {
    if (!(await isInstalled(program, flag))) missing.push(debian);
  }
  if (missing.length === 0) return;
  process.stderr.write(`bench: not installed. Run: apt-get install ${missing.join(' ')}\n`);
  process.exit(69);
}

/** wrk exits with 1 after printing its version; only an absent program cannot be started. */
async function isInstalled(program: string, flag: string): Promise<boolean> {
  try {
    await promisify(execFile)(program, [flag]);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
  }
}
