// The archive of one log: files as a gateway without Redis would have written them, byte for byte. A step is written behind
// what is there, and counts when `archived.json` says so.

import { join } from 'node:path';
import type { ArchiveDraft, ColdLog } from '#core/evidence/archive-ports.ts';
import { BLOB_FILE_HEAD, blobEntryHead } from '#core/evidence/blob-entry.ts';
import { laneFileName } from '#core/evidence/lane.ts';
import { AppendFile } from './append-file.ts';
import { type ArchiveEnd, readWholeEnd, removeUnfinished, writeArchiveEnd } from './archive-end.ts';
import { ChunkedFile } from './chunked-file.ts';
import { syncFolder } from './durable.ts';
import { CHECKPOINTS_FILE, LANES_DIR, RECORDINGS_DIR } from './layout.ts';
import { makeFolder } from './make-folder.ts';

const NEWLINE = Buffer.from('\n');

export class FileArchiveLog implements ColdLog {
  readonly #folder: string;
  readonly #chunkBytes: number;

  constructor(folder: string, chunkBytes: number) {
    this.#folder = folder;
    this.#chunkBytes = chunkBytes;
  }

  async markers(): Promise<readonly string[]> {
    return (await readWholeEnd(this.#folder))?.markers ?? [];
  }

  async begin(): Promise<ArchiveDraft> {
    const end = await readWholeEnd(this.#folder);
    for (const name of [LANES_DIR, RECORDINGS_DIR]) await makeFolder(join(this.#folder, name));
    await removeUnfinished(this.#folder, end);
    const chunkBytes = this.#chunkBytes;
    const open = (path: string, sizeBytes: number) =>
      ChunkedFile.open(join(this.#folder, path), { sizeBytes, chunkBytes });
    const checkpoints = await open(CHECKPOINTS_FILE, end?.checkpointsBytes ?? 0);
    return new FileDraft({ folder: this.#folder, end, open, checkpoints });
  }
}

interface DraftParts {
  readonly folder: string;
  /** Where the archive ended before. */
  readonly end: ArchiveEnd | undefined;
  readonly open: (path: string, sizeBytes: number) => Promise<ChunkedFile>;
  readonly checkpoints: ChunkedFile;
}

class FileDraft implements ArchiveDraft {
  readonly #folder: string;
  readonly #end: ArchiveEnd | undefined;
  readonly #checkpoints: ChunkedFile;
  readonly #open: DraftParts['open'];
  /** The one that is written. */
  #lane: { readonly name: string; readonly file: ChunkedFile } | undefined;
  #recordings: { readonly name: string; readonly file: ChunkedFile } | undefined;
  #isOver = false;

  constructor({ folder, end, open, checkpoints }: DraftParts) {
    this.#folder = folder;
    this.#open = open;
    this.#end = end;
    this.#checkpoints = checkpoints;
  }

  async checkpoint(line: Uint8Array): Promise<void> {
    await this.#checkpoints.add(line, NEWLINE);
  }

  async line(lane: string, line: Uint8Array): Promise<void> {
    if (this.#lane?.name !== lane) {
      await this.#lane?.file.close();
      const known = this.#isLast(lane) ? (this.#end?.laneBytes ?? 0) : 0;
      const file = await this.#open(join(LANES_DIR, lane), known);
      this.#lane = { name: lane, file };
    }
    await this.#lane.file.add(line, NEWLINE);
  }

  async recording(name: string, digest: string, bytes: Uint8Array): Promise<void> {
    if (this.#recordings?.name !== name) {
      await this.#recordings?.file.close();
      const lane = name.replace(/\.blobs$/, '.jsonl');
      const known = this.#isLast(lane) ? (this.#end?.recordingsBytes ?? 0) : 0;
      const file = await this.#open(join(RECORDINGS_DIR, name), known);
      if (known === 0) await file.add(Buffer.from(BLOB_FILE_HEAD), NEWLINE);
      this.#recordings = { name, file };
    }
    await this.#recordings.file.add(blobEntryHead(digest, bytes.length), bytes);
  }

  async keep(markers: readonly string[]): Promise<void> {
    const laneBytes = this.#lane?.file.sizeBytes ?? this.#end?.laneBytes ?? 0;
    const checkpointsBytes = this.#checkpoints.sizeBytes;
    const recordingsBytes = this.#recordingsBytes();
    await this.#close();
    for (const name of ['.', LANES_DIR, RECORDINGS_DIR]) await syncFolder(join(this.#folder, name));
    const end = { markers, laneBytes, recordingsBytes, checkpointsBytes };
    await writeArchiveEnd(this.#folder, end);
    this.#isOver = true;
  }

  async drop(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#close().catch(() => {});
    await removeUnfinished(this.#folder, this.#end);
    const { laneBytes = 0, recordingsBytes = 0, checkpointsBytes = 0 } = this.#end ?? {};
    const cuts: readonly (readonly [ChunkedFile | undefined, number])[] = [
      [this.#checkpoints, checkpointsBytes],
      [this.#isLast(this.#lane?.name) ? this.#lane?.file : undefined, laneBytes],
      [this.#isLastRecordings() ? this.#recordings?.file : undefined, recordingsBytes],
    ];
    for (const [file, sizeBytes] of cuts) {
      if (file !== undefined) await (await AppendFile.open(file.path, sizeBytes)).close();
    }
  }

  /** Of the newest lane: a lane without any, after one that had some, has none. */
  #recordingsBytes(): number {
    const lane = this.#lane?.name;
    const isOfLane = this.#recordings?.name.replace(/\.blobs$/, '.jsonl') === lane;
    if (this.#recordings !== undefined && (lane === undefined || isOfLane)) {
      return this.#recordings.file.sizeBytes;
    }
    const isSameLane = lane === undefined || this.#isLast(lane);
    return isSameLane ? (this.#end?.recordingsBytes ?? 0) : 0;
  }

  #isLastRecordings(): boolean {
    return this.#isLast(this.#recordings?.name.replace(/\.blobs$/, '.jsonl'));
  }

  /** Whether it is the lane that the archive ended with before. */
  #isLast(lane: string | undefined): boolean {
    const { ordinal, lane: id } = this.#end?.newest.checkpoint ?? {};
    return lane !== undefined && id !== undefined && lane === laneFileName(ordinal ?? 0, id);
  }

  async #close(): Promise<void> {
    await this.#recordings?.file.close();
    await this.#lane?.file.close();
    await this.#checkpoints.close();
  }
}
