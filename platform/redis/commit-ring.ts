// The newest commits of a lane, kept in memory: when Redis fails over to a copy that is a little behind,
// what the copy lacks is written again, in the same bytes.

import type { LaneHead, SealedCommit } from '#core/evidence/commit.ts';
import type { NamedBlob } from '#core/evidence/named-blob.ts';

export interface PlacedCommit {
  /** The record before its first. */
  readonly after: LaneHead;
  readonly commit: SealedCommit;
  readonly blobs: readonly NamedBlob[];
}

/** Seconds of full traffic. */
const MAX_COUNT = 2048;
const MAX_BYTES = 16 * 1024 * 1024;

export class CommitRing {
  #kept: PlacedCommit[] = [];
  #sizeBytes = 0;

  add(placed: PlacedCommit): void {
    this.#kept.push(placed);
    this.#sizeBytes += sizeOf(placed);
    while (this.#kept.length > MAX_COUNT || this.#sizeBytes > MAX_BYTES) {
      const oldest = this.#kept.shift();
      if (oldest === undefined) return;
      this.#sizeBytes -= sizeOf(oldest);
    }
  }

  /** What follows that record; undefined when that is not known any more, or the record is another's. */
  since({ seq, hash }: LaneHead): readonly PlacedCommit[] | undefined {
    const from = this.#kept.findIndex(({ after }) => after.seq === seq && after.hash === hash);
    return from === -1 ? undefined : this.#kept.slice(from);
  }
}

function sizeOf({ commit, blobs }: PlacedCommit): number {
  return blobs.reduce((sum, { bytes }) => sum + bytes.length, Buffer.byteLength(commit.line));
}
