// Checks the joints between lanes: each lane.open must seal exactly what the lane before it is.

import type { LaneOpening } from './opening.ts';
import type { Report } from './problem.ts';
import { bytesDigest } from './signature.ts';
import type { LaneEnd } from './verify-lane.ts';

const NO_BYTES = { sizeBytes: 0, digest: bytesDigest(new Uint8Array()) };

/** `before` is undefined for the first lane that is there. */
export function checkSeal(end: LaneEnd, before: LaneEnd | undefined, report: Report): void {
  const { opening } = end;
  if (opening === undefined) {
    return;
  }
  const where = { file: end.file, lane: end.lane, seq: 1 };
  if (opening.lost !== undefined) {
    const { lane, seq } = opening.lost;
    const message = `when this lane opened, records up to seq ${seq} of lane ${lane} were known from beside the trust key and missing from the data`;
    report({ code: 'records_lost', message, ...where });
  }
  const problem = end.ordinal === 1 ? firstLaneProblem(end, opening) : sealProblem(opening, before);
  if (problem !== undefined) {
    report({ code: 'seal_mismatch', message: problem, ...where });
  }
}

function firstLaneProblem(end: LaneEnd, opening: LaneOpening): string | undefined {
  const isFirst =
    opening.sealed === undefined && opening.recordsBefore === 0 && opening.log === end.lane;
  return isFirst ? undefined : 'the first lane of a log has nothing before it to seal';
}

/** When the lane before is not there, that is a problem of its own and nothing can be compared. */
function sealProblem(opening: LaneOpening, before: LaneEnd | undefined): string | undefined {
  const { sealed } = opening;
  if (sealed === undefined) {
    return 'lane.open does not seal the lane before it';
  }
  if (before === undefined || before.ordinal !== opening.ordinal - 1) {
    return undefined;
  }
  if (sealed.lane !== before.lane || opening.log !== (before.opening?.log ?? opening.log)) {
    return 'lane.open seals another lane than the one before it';
  }
  if (sealed.seq !== before.head.seq || sealed.hash !== before.head.hash) {
    return `lane.open sealed the lane before it at seq ${sealed.seq}; that lane ends at ${before.head.seq} or differs there`;
  }
  const torn = before.torn ?? NO_BYTES;
  if (sealed.tornBytes !== torn.sizeBytes || sealed.tornDigest !== torn.digest) {
    return 'the bytes after the last commit of the lane before are not those lane.open found';
  }
  const recordsBefore = (before.opening?.recordsBefore ?? 0) + before.head.seq;
  const isAgreed = sealed.clean === before.isClosed && opening.recordsBefore === recordsBefore;
  return isAgreed ? undefined : 'lane.open says otherwise of how the lane before it ended';
}
