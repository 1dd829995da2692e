// checkpoints.jsonl: every checkpoint of a log, one per line. Opened at boot behind the last one, by
// whichever trust key that was signed: whether it counts is the verifier's question.

import {
  type Checkpoint,
  type CheckpointLink,
  checkpointHash,
  MAX_CHECKPOINT_BYTES,
  parseCheckpoint,
} from '#core/evidence/checkpoint.ts';
import { NO_HASH } from '#core/evidence/signature.ts';
import { AppendFile } from './append-file.ts';
import { DataDirFault } from './data-dir-fault.ts';
import { readFileEnd } from './file-end.ts';

export interface CheckpointLog {
  readonly file: AppendFile;
  /** What the next checkpoint follows. */
  readonly link: CheckpointLink;
  readonly last?: Checkpoint;
}

/** Dozens of checkpoints: the last one is among them unless they were edited. */
const WINDOW_BYTES = 64 * 1024;

/**
 * Opens the file, made empty when there is none. A last line cut short is cut off: what it was to
 * say, the next one says. Whole lines that are no checkpoints stay, for the verifier to find; rejects
 * with DataDirFault when the file ends in a way that no writer leaves it.
 */
export async function openCheckpointLog(path: string): Promise<CheckpointLog> {
  const { lines, restBytes, sizeBytes } = await readFileEnd(path, WINDOW_BYTES);
  const [last] = lines;
  const tornBytes = last?.bytes.includes(0) === true ? last.bytes.length + 1 : 0;
  if (restBytes + tornBytes > MAX_CHECKPOINT_BYTES) {
    throw new DataDirFault(
      'data_invalid',
      `${path}: ends with bytes that no gateway wrote; look at it with "gatehouse evidence verify", and begin a new log with another --data`,
    );
  }
  const file = await AppendFile.open(path, sizeBytes - restBytes - tornBytes);
  for (const { bytes } of lines) {
    const text = Buffer.from(bytes).toString('utf8');
    const checkpoint = parseCheckpoint(text);
    if (checkpoint !== undefined) {
      return { file, link: { n: checkpoint.n, hash: checkpointHash(text) }, last: checkpoint };
    }
  }
  return { file, link: { n: 0, hash: NO_HASH } };
}
