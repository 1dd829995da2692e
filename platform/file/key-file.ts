// Where a key lies that replicas share: under --data, where a missing one is made, or in a folder of keys
// that are given and only read, so that gateways on several machines need no folder in common.

import { join } from 'node:path';
import { codeOf, type FaultClass, keyFileExists, readMountedPem } from './key-pair-files.ts';
import { writeOnce } from './write-once.ts';

export interface KeyPlaces {
  readonly dataDir: string;
  /** Keys that are given (`--keys`): nothing is made there, and a missing one is a fault. */
  readonly keysDir?: string | undefined;
  /** The sealing keys alone (`--sealing-keys`), given to all replicas wherever the others are. */
  readonly sealingKeysFile?: string | undefined;
}

export interface KeyFile {
  readonly path: string;
  /** Whether somebody else put it there; otherwise it is made on first start. */
  readonly isGiven: boolean;
}

export function keyFile({ dataDir, keysDir }: KeyPlaces, name: string): KeyFile {
  return keysDir === undefined
    ? { path: join(dataDir, name), isGiven: false }
    : { path: join(keysDir, name), isGiven: true };
}

/**
 * The text of the file, made from `fresh` (mode 0600) where it may be. Rejects with a fault that names it, also when it
 * is ours and others may read it.
 */
export async function readKeyFile(
  { path, isGiven }: KeyFile,
  fresh: () => string,
  Fault: FaultClass,
): Promise<string> {
  if (!(await keyFileExists(path, Fault))) {
    if (isGiven) {
      throw new Fault(
        `${path}: is missing; put the key there that all replicas share (docs/keys.md)`,
      );
    }
    await makeKeyFile(path, fresh(), Fault);
  }
  // Another process may have been first: what is on disk is the key.
  return readMountedPem(path, Fault);
}

async function makeKeyFile(path: string, text: string, Fault: FaultClass): Promise<void> {
  try {
    await writeOnce(path, text);
  } catch (cause) {
    throw new Fault(
      `${path}: is missing and cannot be made (${codeOf(cause)}); put the key there (docs/keys.md), or name a folder this process may write with --data`,
      { cause },
    );
  }
}
