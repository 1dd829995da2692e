// Runs the second verifier, where the machine has its language.

import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const VERIFIER = fileURLToPath(new URL('./verify.py', import.meta.url));
export const HAS_PYTHON = spawnSync('python3', ['--version']).status === 0;

export interface Answer {
  readonly code: number;
  readonly verdict: string;
  readonly problems: readonly { readonly code: string }[];
}

export function run(...args: readonly string[]): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  execFile('python3', [VERIFIER, ...args], (error, stdout) => {
    const code = error === null ? 0 : error.code;
    if (typeof code === 'number' && stdout !== '') {
      resolve({ code, ...JSON.parse(stdout) });
    } else {
      reject(error ?? new Error('the second verifier said nothing'));
    }
  });
  return promise;
}
