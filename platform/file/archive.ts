// A folder of archived logs, each as the data directory of a gateway: `logs/<log>/lanes/…`. One archiver at a time writes it.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ColdLog } from '#core/evidence/archive-ports.ts';
import { ArchiveFault } from './archive-fault.ts';
import { FileArchiveLog } from './archive-log.ts';
import { CHUNK_BYTES } from './chunked-file.ts';
import { DataDirFault } from './data-dir-fault.ts';
import { type DataLock, lockDataDir } from './data-lock.ts';
import { makeFolder } from './make-folder.ts';

const LOGS_DIR = 'logs';

/** As lanes are named, and a log after its first. */
const LOG_NAME = /^[a-z2-7]{26}$/;

export class FileArchive {
  readonly #directory: string;
  readonly #lock: DataLock;
  readonly #chunkBytes: number;

  private constructor(directory: string, lock: DataLock, chunkBytes: number) {
    this.#directory = directory;
    this.#chunkBytes = chunkBytes;
    this.#lock = lock;
  }

  /** Rejects with ArchiveFault when it cannot be written, or somebody else does. */
  static async open(
    directory: string,
    { chunkBytes = CHUNK_BYTES }: { readonly chunkBytes?: number } = {},
  ): Promise<FileArchive> {
    try {
      await makeFolder(join(directory, LOGS_DIR));
      return new FileArchive(directory, await lockDataDir(directory), chunkBytes);
    } catch (cause) {
      if (cause instanceof DataDirFault && cause.code === 'data_locked') {
        const message = `${directory}: another archiver is writing here`;
        throw new ArchiveFault('archive_locked', message, { cause });
      }
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown fault';
      const message = `${directory}: cannot be written (${code}); name a folder this process may write`;
      throw new ArchiveFault('archive_unwritable', message, { cause });
    }
  }

  /** Rejects with ArchiveFault for what cannot be the name of a log: names come from outside. */
  log(name: string): ColdLog {
    if (!LOG_NAME.test(name)) {
      throw new ArchiveFault('archive_unwritable', 'what is to be archived has no name of a log');
    }
    return new FileArchiveLog(archivedLogFolder(this.#directory, name), this.#chunkBytes);
  }

  /** Idempotent. */
  close(): Promise<void> {
    return this.#lock.release();
  }
}

export function archivedLogFolder(directory: string, log: string): string {
  return join(directory, LOGS_DIR, log);
}

/** Names of the logs in an archive; undefined when the directory is none. */
export async function archivedLogs(directory: string): Promise<readonly string[] | undefined> {
  try {
    const names = await readdir(join(directory, LOGS_DIR));
    return names.filter((name) => LOG_NAME.test(name)).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
