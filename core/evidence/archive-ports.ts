// What an archiver needs of the place where evidence is written, and of the place where it is kept. Both know where
// bytes lie and nothing of what they mean.

import type { LogBase } from './archive-marker.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { StoredFile, StoredRecordings } from './source.ts';

/** Part of a log: from behind a base up to a checkpoint. */
export interface LogSlice {
  readonly lanes: readonly StoredFile[];
  /** By lane. */
  readonly recordings: ReadonlyMap<string, StoredRecordings>;
}

/** A log that gateways write. */
export interface HotLog {
  /** What stands where it was cut off; undefined when it never was. */
  marker(): Promise<string | undefined>;
  /** Lines of the checkpoints behind that number, in their order. */
  checkpoints(after: number, count: number): Promise<readonly string[]>;
  slice(base: LogBase | undefined, end: Checkpoint): Promise<LogSlice>;
  /**
   * Cuts off, in one step with the marker, all that the marker says is archived. False when what stands there is
   * not `before` any more: somebody else archives too.
   */
  trim(before: string | undefined, marker: string): Promise<boolean>;
}

/** The same log in an archive. */
export interface ColdLog {
  /** Of what it holds, the newest last; earlier ones as long as the log may yet be cut there. */
  markers(): Promise<readonly string[]>;
  /** Takes away whatever a draft before left behind. */
  begin(): Promise<ArchiveDraft>;
}

/** More of a log; none of it counts before `keep`, and all of it then. Write in the order of the log. */
export interface ArchiveDraft {
  checkpoint(line: Uint8Array): Promise<void>;
  /** `lane`: name of its file. */
  line(lane: string, line: Uint8Array): Promise<void>;
  recording(lane: string, digest: string, bytes: Uint8Array): Promise<void>;
  /** Resolves when all is durable. */
  keep(markers: readonly string[]): Promise<void>;
  /** As if it had not been begun; idempotent. */
  drop(): Promise<void>;
}
