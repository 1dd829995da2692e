// Checkpoints from outside the data, as they lie beside the trust key: which of them say something.

import { checkpointHash, isCheckpointSignedBy, parseCheckpoint } from './checkpoint.ts';
import type { Report } from './problem.ts';
import type { StoredAnchor } from './source.ts';
import type { Anchor } from './verify-checkpoints.ts';
import type { TrustedKeys } from './verify-lane.ts';

interface AnchorContext {
  /** Of all logs that are here. */
  readonly names: ReadonlySet<string | undefined>;
  readonly trusted: TrustedKeys;
  readonly report: Report;
}

/** Those of the trust keys; reports the others where they claim to be of a log that is here. */
export function readAnchors(
  stored: readonly StoredAnchor[],
  { names, trusted, report }: AnchorContext,
): readonly Anchor[] {
  return stored.flatMap(({ file, text }): Anchor[] => {
    const line = text.endsWith('\n') ? text.slice(0, -1) : text;
    const checkpoint = parseCheckpoint(line);
    const key = checkpoint === undefined ? undefined : trusted?.get(checkpoint.key);
    const isSigned =
      checkpoint !== undefined &&
      (trusted === undefined || (key !== undefined && isCheckpointSignedBy(checkpoint, key)));
    if (isSigned) {
      return [{ checkpoint, hash: checkpointHash(line) }];
    }
    // Another log may have another key; for this one, and for bytes that say nothing, it is a find.
    if (checkpoint === undefined || names.has(checkpoint.log) || key !== undefined) {
      report({ code: 'anchor_invalid', message: 'not a checkpoint of the trust key', file });
    }
    return [];
  });
}

export function reportOtherLogs(count: number, report: Report): void {
  if (count > 0) {
    const message = `beside the trust key lie checkpoints of ${count} other logs; ask for them if they should be here`;
    report({ code: 'other_logs', message });
  }
}
