// What a writer that died while writing leaves behind, told apart from what an editor leaves: the
// beginning of one line, or one line in which some blocks never reached the disk.

import type { StoredLine } from './source.ts';

/** Whether a line that is no commit may be the remains of a write; only ever true of the last line. */
export function isTornLine(line: StoredLine): boolean {
  // A file that was extended but not filled reads as zeros (a power cut); JSON text has none.
  return !line.isTooLong && (!line.isWhole || line.bytes.includes(0));
}
