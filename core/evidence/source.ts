// Where a verifier reads from: lines of files, never whole files, so that evidence of any size fits.

import type { BlobEntryHead } from './blob-entry.ts';

/** One line of a file as it lies there. */
export interface StoredLine {
  /** From 1. */
  readonly number: number;
  /** Without the newline; empty when `isTooLong`. */
  readonly bytes: Uint8Array;
  /** False for the last line of a file that does not end with a newline. */
  readonly isWhole: boolean;
  readonly isTooLong: boolean;
}

export interface StoredFile {
  /** As problems name it: the path inside the evidence directory. */
  readonly name: string;
  readonly lines: AsyncIterable<StoredLine>;
}

/** What lies at one place in the recordings of a lane. */
export type StoredBlob =
  | { readonly kind: 'entry'; readonly head: BlobEntryHead; readonly bytes: Uint8Array }
  /** The file ends inside an entry of which this much is there. */
  | { readonly kind: 'torn'; readonly sizeBytes: number }
  /** Bytes that begin no entry; nothing behind them can be told apart. */
  | { readonly kind: 'broken'; readonly offset: number };

export interface StoredRecordings {
  readonly name: string;
  readonly blobs: AsyncIterable<StoredBlob>;
}

/** A checkpoint kept beside the trust key, outside the data. */
export interface StoredAnchor {
  readonly file: string;
  readonly text: string;
}

/** As archive-marker.ts reads it. */
export interface StoredMarker {
  readonly file: string;
  readonly text: string;
}

/**
 * Evidence to verify. While a gateway writes, the snapshots must be taken in the order anchors,
 * checkpoints, lanes: each of them only names what is already in the next.
 */
export interface EvidenceSource {
  /** Undefined when there is no place outside the data to look at. */
  readonly anchors: readonly StoredAnchor[] | undefined;
  /** Undefined when the file does not exist. */
  readonly checkpoints: StoredFile | undefined;
  /** In the order they were opened; the names give ordinal and lane. */
  readonly lanes: readonly StoredFile[];
  /** By lane; a lane without any has none. Absent where recordings were not copied along. */
  readonly recordings?: ReadonlyMap<string, StoredRecordings>;
  /** What says that all before is in an archive and not here; the rest then begins right behind it. */
  readonly marker?: StoredMarker;
  /** Files that have no business among the lanes. */
  readonly strays: readonly string[];
}

/**
 * The text of a line, or undefined when it is not UTF-8. A byte order mark stays in the text, where
 * no canonical form has one.
 */
export function lineText(line: StoredLine): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line.bytes);
  } catch {
    return undefined;
  }
}

export async function* noLines(): AsyncGenerator<StoredLine> {}
