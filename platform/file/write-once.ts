// A private file that is made once: whole or not at all, durable, and never in place of one that is there.

import { randomUUID } from 'node:crypto';
import { link, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createDurably, syncFolder } from './durable.ts';

/** For its owner alone (0600). A file that is there stays as it is: whoever was first has made it. */
export async function writeOnce(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomUUID()}.new`;
  await createDurably(draft, Buffer.from(text), 0o600);
  try {
    // A link appears whole.
    await link(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolder(dirname(file));
}
