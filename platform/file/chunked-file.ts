// Grows a file by large writes: what is added is on disk when the file is closed.

import { AppendFile } from './append-file.ts';

/** One trip to the disk for many lines. */
export const CHUNK_BYTES = 1024 * 1024;

export interface ChunkedSizes {
  /** How long the file is; whatever lies beyond is cut off. */
  readonly sizeBytes: number;
  readonly chunkBytes: number;
}

export class ChunkedFile {
  readonly path: string;
  readonly #file: AppendFile;
  readonly #chunkBytes: number;
  #parts: Uint8Array[] = [];
  #heldBytes = 0;
  #writtenBytes: number;
  #isClosed = false;

  private constructor(path: string, file: AppendFile, { sizeBytes, chunkBytes }: ChunkedSizes) {
    this.path = path;
    this.#file = file;
    this.#writtenBytes = sizeBytes;
    this.#chunkBytes = chunkBytes;
  }

  static async open(path: string, sizes: ChunkedSizes): Promise<ChunkedFile> {
    return new ChunkedFile(path, await AppendFile.open(path, sizes.sizeBytes), sizes);
  }

  get sizeBytes(): number {
    return this.#writtenBytes + this.#heldBytes;
  }

  async add(...parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) {
      this.#parts.push(part);
      this.#heldBytes += part.length;
    }
    if (this.#heldBytes >= this.#chunkBytes) await this.#flush();
  }

  /** Idempotent; rejects when what was added could not be made durable. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.#flush();
    } finally {
      await this.#file.close();
    }
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#parts);
    if (bytes.length > 0) await this.#file.appendBytes(bytes);
    this.#writtenBytes += bytes.length;
    this.#parts = [];
    this.#heldBytes = 0;
  }
}
