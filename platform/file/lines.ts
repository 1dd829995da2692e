// Reads a file line by line in bounded memory, as bytes: evidence is compared byte for byte, so
// nothing may decode, trim or join it on the way.

import { type FileHandle, open } from 'node:fs/promises';

export interface FileLine {
  /** From 1. */
  readonly number: number;
  /** Without the newline; empty when `isTooLong`. */
  readonly bytes: Uint8Array;
  /** False for the last line of a file that does not end with a newline. */
  readonly isWhole: boolean;
  readonly isTooLong: boolean;
}

export interface LineLimits {
  /** A longer line is passed over and yielded as `isTooLong`. */
  readonly maxLineBytes: number;
  /** Reads no further than this, though the file may be growing. */
  readonly sizeBytes?: number;
}

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 10;

export async function* readLines(path: string, limits: LineLimits): AsyncGenerator<FileLine> {
  const handle = await open(path, 'r');
  try {
    const chunks = readChunks(handle, limits.sizeBytes ?? Number.POSITIVE_INFINITY);
    yield* splitLines(chunks, limits.maxLineBytes);
  } finally {
    await handle.close();
  }
}

export async function* splitLines(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  maxLineBytes: number,
): AsyncGenerator<FileLine> {
  const splitter = new LineSplitter(maxLineBytes);
  for await (const chunk of chunks) {
    yield* splitter.push(chunk);
  }
  yield* splitter.end();
}

async function* readChunks(handle: FileHandle, sizeBytes: number): AsyncGenerator<Buffer> {
  let position = 0;
  while (position < sizeBytes) {
    const wanted = Math.min(CHUNK_BYTES, sizeBytes - position);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(wanted), 0, wanted, position);
    if (bytesRead === 0) {
      return;
    }
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

class LineSplitter {
  readonly #maxLineBytes: number;
  #number = 1;
  #parts: Buffer[] = [];
  #heldBytes = 0;
  #isTooLong = false;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  *push(chunk: Buffer): Generator<FileLine> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      this.#hold(chunk.subarray(start, end === -1 ? chunk.length : end));
      if (end === -1) {
        return;
      }
      yield this.#take(true);
      start = end + 1;
    }
  }

  *end(): Generator<FileLine> {
    if (this.#heldBytes > 0 || this.#isTooLong) {
      yield this.#take(false);
    }
  }

  #hold(part: Buffer): void {
    this.#heldBytes += part.length;
    this.#isTooLong ||= this.#heldBytes > this.#maxLineBytes;
    this.#parts = this.#isTooLong ? [] : [...this.#parts, part];
  }

  #take(isWhole: boolean): FileLine {
    const [first = Buffer.alloc(0), ...others] = this.#parts;
    const bytes = others.length === 0 ? first : Buffer.concat(this.#parts);
    const line = { number: this.#number, bytes, isWhole, isTooLong: this.#isTooLong };
    this.#number += 1;
    this.#parts = [];
    this.#heldBytes = 0;
    this.#isTooLong = false;
    return line;
  }
}
