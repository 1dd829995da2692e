// A file that only grows, line by line, and never keeps half a line: what could not be made durable
// is cut off again before anything else is tried.

import { constants } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createDurably, syncFolder, WRITE_THROUGH, writeThrough } from './durable.ts';
import { DRAFT_SUFFIX } from './layout.ts';

export class AppendFault extends Error {
  override readonly name = 'AppendFault';
  readonly code = 'append_poisoned';
}

const PRIVATE = 0o600;

/** One writer at a time: do not append again before the last append has settled. */
export class AppendFile {
  readonly #handle: FileHandle;
  #durableBytes: number;
  #isPoisoned = false;

  private constructor(handle: FileHandle, durableBytes: number) {
    this.#handle = handle;
    this.#durableBytes = durableBytes;
  }

  /** A new file that appears under its name only when its first line is durable. */
  static async create(path: string, firstLine: string): Promise<AppendFile> {
    const draft = `${path}${DRAFT_SUFFIX}`;
    const bytes = Buffer.from(`${firstLine}\n`, 'utf8');
    await createDurably(draft, bytes, PRIVATE);
    await rename(draft, path);
    await syncFolder(dirname(path));
    return new AppendFile(await open(path, constants.O_RDWR | WRITE_THROUGH), bytes.length);
  }

  /** Opens, or creates empty; whatever lies beyond `sizeBytes` is cut off. */
  static async open(path: string, sizeBytes: number): Promise<AppendFile> {
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT | WRITE_THROUGH, PRIVATE);
    try {
      await handle.truncate(sizeBytes);
      await handle.sync();
      await syncFolder(dirname(path));
    } catch (error) {
      await handle.close();
      throw error;
    }
    return new AppendFile(handle, sizeBytes);
  }

  /** Resolves when the line is durable; rejects when nothing of it is left in the file. */
  append(line: string): Promise<void> {
    return this.appendBytes(Buffer.from(`${line}\n`, 'utf8'));
  }

  /** The same for bytes that are no line. */
  async appendBytes(bytes: Uint8Array): Promise<void> {
    if (this.#isPoisoned) {
      throw new AppendFault('an earlier write could not be undone; restart to begin a new lane');
    }
    try {
      await writeThrough(this.#handle, bytes, this.#durableBytes);
      this.#durableBytes += bytes.length;
    } catch (error) {
      await this.#undo(error);
      throw error;
    }
  }

  /** Cuts off the last `sizeBytes`, which nothing has come to rely on. */
  async retract(sizeBytes: number): Promise<void> {
    this.#durableBytes -= sizeBytes;
    await this.#undo(undefined);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #undo(cause: unknown): Promise<void> {
    try {
      await this.#handle.truncate(this.#durableBytes);
    } catch {
      this.#isPoisoned = true;
      throw new AppendFault('a write failed and could not be undone', { cause });
    }
  }
}
