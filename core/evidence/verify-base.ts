// A log whose beginning is in an archive: what stands where it was cut off, and what cannot be told without the archive.

import { isMarkerSignedBy, type LogBase, parseMarker } from './archive-marker.ts';
import type { ProblemCode, Report } from './problem.ts';
import type { StoredMarker } from './source.ts';
import type { TrustedKeys } from './verify-lane.ts';

/** Undefined when it says nothing; then the log is looked at as if it should be whole. */
export function readBase(
  stored: StoredMarker | undefined,
  trusted: TrustedKeys,
  report: Report,
): LogBase | undefined {
  if (stored === undefined) return undefined;
  const { file, text } = stored;
  const marker = parseMarker(text);
  const key = marker === undefined ? undefined : trusted?.get(marker.key);
  const isSigned = trusted === undefined || (key !== undefined && isMarkerSignedBy(text, key));
  if (marker === undefined || !isSigned) {
    const message = 'is no word of the trust key that anything is in an archive';
    report({ code: 'marker_invalid', message, file });
    return undefined;
  }
  const { n, ts, records } = marker.checkpoint;
  const message = `the first ${records} records of this log, up to its checkpoint ${n} of ${ts}, are in an archive that was not read; name it with --archive`;
  report({ code: 'archive_not_given', message, file });
  return marker;
}

/** What belongs to these may be in the archive, so they are no finding without it. */
const ARCHIVED: ReadonlySet<ProblemCode> = new Set([
  'outcome_without_intent',
  'grant_without_votes',
]);

export function withoutArchived(report: Report): Report {
  return (problem) => {
    if (!ARCHIVED.has(problem.code)) report(problem);
  };
}
