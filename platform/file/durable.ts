// The few ways evidence reaches the disk so that it stays there: a file's bytes, then its name.

import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';

/**
 * On Linux a write to a file opened with this is durable when it returns, one trip to the disk and one
 * to the thread pool instead of two (a third of the processor time of a commit, as measured).
 * Elsewhere the flag exists but does not reach through the drive's cache, as fdatasync does.
 */
export const WRITE_THROUGH = process.platform === 'linux' ? constants.O_DSYNC : 0;

/** Writes all bytes at a place in the file; resolves when they are durable. */
export async function writeDurably(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  await writeAll(handle, bytes, position);
  await handle.datasync();
}

/** The same for a file opened with WRITE_THROUGH. */
export async function writeThrough(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  await writeAll(handle, bytes, position);
  if (WRITE_THROUGH === 0) {
    await handle.datasync();
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    // A write may be cut short when the disk is nearly full; the next one then says why.
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Makes a name in a folder durable: without it a new file may be gone after a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Creates a file that must not exist yet, whole or not at all. Rejects with the system's error;
 * nothing is left behind then.
 */
export async function createDurably(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const handle = await open(path, 'wx', mode);
  try {
    await writeDurably(handle, bytes, 0);
    await handle.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** Replaces a file in one step: a reader sees the old bytes or the new, never a part. */
export async function replaceDurably(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const draft = `${path}.new`;
  const handle = await open(draft, 'w', mode);
  try {
    await writeDurably(handle, bytes, 0);
  } finally {
    await handle.close();
  }
  await rename(draft, path);
}
