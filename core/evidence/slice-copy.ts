// Copies a slice of a log into an archive while the verifier reads it, so that nothing is verified that is not what is kept.

import type { LogBase } from './archive-marker.ts';
import type { ArchiveDraft, LogSlice } from './archive-ports.ts';
import { readCommit } from './commit.ts';
import { laneFileName } from './lane.ts';
import type { StoredBlob, StoredFile, StoredLine, StoredRecordings } from './source.ts';

/** Remembers what a marker says of the last lane. */
export class SliceCopy {
  readonly #draft: ArchiveDraft;
  /** Name of the lane that its last checkpoint names. */
  readonly #lane: string;
  #first: StoredLine | undefined;
  #last: StoredLine | undefined;

  constructor(draft: ArchiveDraft, lane: string) {
    this.#draft = draft;
    this.#lane = lane;
  }

  checkpoints(lines: readonly string[]): StoredFile {
    return { name: 'checkpoints', lines: this.#checkpointLines(lines) };
  }

  of({ lanes, recordings }: LogSlice): LogSlice {
    return {
      lanes: lanes.map(({ name, lines }) => ({ name, lines: this.#lines(fileOf(name), lines) })),
      recordings: new Map([...recordings].map(([lane, stored]) => [lane, this.#copied(stored)])),
    };
  }

  end(base: LogBase | undefined): { readonly opening: string; readonly closed: boolean } {
    const last = this.#last === undefined ? undefined : readCommit(this.#last);
    const closed = last?.records.at(-1)?.record.type === 'lane.close';
    const isSameLane = base !== undefined && this.#lane === nameOf(base);
    return {
      opening: isSameLane ? base.opening : Buffer.from(this.#first?.bytes ?? []).toString('utf8'),
      closed: last === undefined && isSameLane ? base.closed : closed,
    };
  }

  async *#checkpointLines(lines: readonly string[]): AsyncGenerator<StoredLine> {
    for (const [index, text] of lines.entries()) {
      const bytes = Buffer.from(text, 'utf8');
      await this.#draft.checkpoint(bytes);
      yield { number: index + 1, bytes, isWhole: true, isTooLong: false };
    }
  }

  async *#lines(lane: string, lines: AsyncIterable<StoredLine>): AsyncGenerator<StoredLine> {
    for await (const line of lines) {
      await this.#draft.line(lane, line.bytes);
      if (lane === this.#lane) {
        this.#first ??= line;
        this.#last = line;
      }
      yield line;
    }
  }

  #copied({ name, blobs }: StoredRecordings): StoredRecordings {
    return { name, blobs: this.#blobs(fileOf(name), blobs) };
  }

  async *#blobs(file: string, blobs: AsyncIterable<StoredBlob>): AsyncGenerator<StoredBlob> {
    for await (const blob of blobs) {
      if (blob.kind === 'entry') await this.#draft.recording(file, blob.head.digest, blob.bytes);
      yield blob;
    }
  }
}

function nameOf({ checkpoint: { ordinal, lane } }: LogBase): string {
  return laneFileName(ordinal, lane);
}

function fileOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
