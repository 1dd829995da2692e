// Reads the recordings of a lane front to back, in bounded memory: one recording at a time.

import { type FileHandle, open } from 'node:fs/promises';
import { BLOB_FILE_HEAD, ENTRY_HEAD_BYTES, parseBlobEntryHead } from '#core/evidence/blob-entry.ts';
import type { StoredBlob } from '#core/evidence/source.ts';

const CHUNK_BYTES = 1024 * 1024;
const FILE_HEAD = Buffer.from(`${BLOB_FILE_HEAD}\n`);

/** Reads no further than `sizeBytes`. */
export async function* readBlobs(
  path: string,
  sizeBytes = Number.POSITIVE_INFINITY,
): AsyncGenerator<StoredBlob> {
  const handle = await open(path, 'r');
  try {
    const reader = new ByteReader(handle, sizeBytes);
    const head = await reader.take(FILE_HEAD.length);
    if (!head.equals(FILE_HEAD)) {
      yield { kind: 'broken', offset: 0 };
      return;
    }
    for (;;) {
      const offset = reader.offset;
      const blob = await readBlob(reader, offset);
      if (blob === undefined) {
        return;
      }
      yield blob;
      if (blob.kind !== 'entry') {
        return;
      }
    }
  } finally {
    await handle.close();
  }
}

/** Undefined at the end of the file. */
async function readBlob(reader: ByteReader, offset: number): Promise<StoredBlob | undefined> {
  const bytes = await reader.take(ENTRY_HEAD_BYTES);
  if (bytes.length < ENTRY_HEAD_BYTES) {
    return bytes.length === 0 ? undefined : { kind: 'torn', sizeBytes: bytes.length };
  }
  const head = parseBlobEntryHead(bytes);
  if (head === undefined) {
    return { kind: 'broken', offset };
  }
  const blob = await reader.take(head.sizeBytes);
  return blob.length < head.sizeBytes
    ? { kind: 'torn', sizeBytes: ENTRY_HEAD_BYTES + blob.length }
    : { kind: 'entry', head, bytes: blob };
}

/** Where one recording lies. */
export interface BlobPlace {
  readonly path: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Finds the recordings with these digests, without reading the others; shredded ones are not there. */
export async function locateBlobs(
  path: string,
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, BlobPlace>> {
  const places = new Map<string, BlobPlace>();
  const handle = await open(path, 'r');
  try {
    const reader = new ByteReader(handle);
    await reader.take(FILE_HEAD.length);
    while (places.size < wanted.size) {
      const head = parseBlobEntryHead(await reader.take(ENTRY_HEAD_BYTES));
      if (head === undefined) {
        break;
      }
      const { digest, sizeBytes, state } = head;
      if (wanted.has(digest) && state === 'kept') {
        places.set(digest, { path, offset: reader.offset, sizeBytes });
      }
      reader.skip(sizeBytes);
    }
    return places;
  } finally {
    await handle.close();
  }
}

/** Shorter than it should be when the file ends before. */
export async function readBlobAt({ path, offset, sizeBytes }: BlobPlace): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(sizeBytes);
    const { bytesRead } = await handle.read(bytes, 0, sizeBytes, offset);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

class ByteReader {
  readonly #handle: FileHandle;
  readonly #sizeBytes: number;
  #chunk: Buffer = Buffer.alloc(0);
  /** Behind the chunk. */
  #position = 0;
  offset = 0;

  constructor(handle: FileHandle, sizeBytes = Number.POSITIVE_INFINITY) {
    this.#handle = handle;
    this.#sizeBytes = sizeBytes;
  }

  /** The next bytes of the file, fewer only at its end. */
  async take(sizeBytes: number): Promise<Buffer> {
    while (this.#chunk.length < sizeBytes && (await this.#fill(sizeBytes)));
    const taken = this.#chunk.subarray(0, sizeBytes);
    this.#chunk = this.#chunk.subarray(taken.length);
    this.offset += taken.length;
    return taken;
  }

  skip(sizeBytes: number): void {
    const beyond = sizeBytes - this.#chunk.length;
    this.#chunk = this.#chunk.subarray(Math.min(sizeBytes, this.#chunk.length));
    this.#position += Math.max(0, beyond);
    this.offset += sizeBytes;
  }

  async #fill(sizeBytes: number): Promise<boolean> {
    const left = Math.max(0, this.#sizeBytes - this.#position);
    const wanted = Math.min(left, Math.max(CHUNK_BYTES, sizeBytes - this.#chunk.length));
    const buffer = Buffer.alloc(wanted);
    const { bytesRead } = await this.#handle.read(buffer, 0, wanted, this.#position);
    this.#position += bytesRead;
    this.#chunk = Buffer.concat([this.#chunk, buffer.subarray(0, bytesRead)]);
    return bytesRead > 0;
  }
}
