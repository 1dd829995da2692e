// The recordings of one lane, in one file that is made when the first one comes. Entries lie one after
// the other in the order of the records that name them. docs/audit-format.md describes the file.

import { join } from 'node:path';
import { BLOB_FILE_HEAD, blobEntryHead } from '#core/evidence/blob-entry.ts';
import { blobFileName } from '#core/evidence/lane.ts';
import type { NamedBlob } from '#core/evidence/named-blob.ts';
import { AppendFile } from './append-file.ts';
import { syncFolder } from './durable.ts';
import { RECORDINGS_DIR } from './layout.ts';
import { makeFolder } from './make-folder.ts';

export interface LaneOfBlobs {
  readonly ordinal: number;
  readonly lane: string;
}

/** One writer at a time, as AppendFile. */
export class BlobFile {
  readonly #dataDir: string;
  readonly #name: string;
  #file: AppendFile | undefined;

  constructor(dataDir: string, { ordinal, lane }: LaneOfBlobs) {
    this.#dataDir = dataDir;
    this.#name = blobFileName(ordinal, lane);
  }

  /**
   * Makes the blobs durable and then runs `commit`, which makes the records durable that name them.
   * When that rejects, the blobs are cut off again.
   */
  async before(blobs: readonly NamedBlob[], commit: () => Promise<void>): Promise<void> {
    if (blobs.length === 0) {
      return commit();
    }
    const file = await this.#open();
    const bytes = Buffer.concat(
      blobs.flatMap((blob) => [blobEntryHead(blob.digest, blob.bytes.length), blob.bytes]),
    );
    await file.appendBytes(bytes);
    try {
      await commit();
    } catch (error) {
      await file.retract(bytes.length);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  async #open(): Promise<AppendFile> {
    if (this.#file === undefined) {
      const folder = join(this.#dataDir, RECORDINGS_DIR);
      await makeFolder(folder);
      await syncFolder(this.#dataDir);
      this.#file = await AppendFile.create(join(folder, this.#name), BLOB_FILE_HEAD);
    }
    return this.#file;
  }
}
