// Makes a folder and those above it. Not by the `recursive` of node:fs, which never ends where a folder
// that is there takes no new names, as /proc.

import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** For this user alone. Rejects with the system's error. */
const MODE = 0o700;

export async function makeFolder(path: string): Promise<void> {
  const error = await tryToMake(path);
  if (error === undefined) return;
  const above = dirname(path);
  if (error.code !== 'ENOENT' || above === path) throw error;
  await makeFolder(above);
  const again = await tryToMake(path);
  if (again !== undefined) throw again;
}

async function tryToMake(path: string): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(path, MODE);
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isThere = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    return isThere ? undefined : error;
  }
}
