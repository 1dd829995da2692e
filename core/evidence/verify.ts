// Verifies evidence with nothing but its bytes and the trust keys: each lane in itself, the lanes
// against each other, all of it against the checkpoints, and intents against outcomes.

import { checkpointHash, isCheckpointSignedBy, parseCheckpoint } from './checkpoint.ts';
import { parseLaneFileName } from './lane.ts';
import { Findings, type Problem, type Report, type Verdict } from './problem.ts';
import type { SignatureKey } from './signature.ts';
import type { EvidenceSource, StoredAnchor, StoredFile, StoredRecordings } from './source.ts';
import { type Anchor, CheckpointCheck } from './verify-checkpoints.ts';
import { ClockCheck } from './verify-clock.ts';
import { type DanglingIntent, ExchangeCheck } from './verify-exchanges.ts';
import { LaneCheck, type LaneEnd, type LanePlace, type TrustedKeys } from './verify-lane.ts';
import { RecordingCheck, type RecordingCounts } from './verify-recordings.ts';
import { checkSeal } from './verify-seal.ts';
import { SpendingCheck } from './verify-spendings.ts';

export interface Verification {
  readonly verdict: Verdict;
  readonly lanes: number;
  readonly records: number;
  readonly intents: number;
  readonly outcomes: number;
  /** Intents without an outcome; not a sign of tampering. */
  readonly dangling: readonly DanglingIntent[];
  readonly recordings: RecordingCounts;
  /** What stands against the verdict `verified`. */
  readonly problems: readonly Problem[];
  /** What a reader should know and honest evidence may well contain. */
  readonly notes: readonly Problem[];
}

/**
 * Reads the source once, front to back. Without trust keys the verdict is never `verified`: anyone
 * could have written a log that agrees with itself.
 */
export async function verifyEvidence(
  source: EvidenceSource,
  trust: readonly SignatureKey[] | undefined,
): Promise<Verification> {
  const findings = new Findings();
  const { report } = findings;
  const exchanges = new ExchangeCheck(report);
  const trusted = trust && new Map(trust.map((key) => [key.id, key]));
  const places = orderLanes(source.lanes, report);
  const log = places[0]?.ordinal === 1 ? places[0].lane : undefined;
  const anchors = readAnchors(source.anchors ?? [], { log, trusted, report });
  const checkpoints = new CheckpointCheck(source.checkpoints, trusted, anchors, report);
  await checkpoints.start(log);
  const stored = source.recordings ?? new Map();
  const spendings = new SpendingCheck(report);
  const checks = { trusted, report, checkpoints, exchanges, spendings, stored };
  const { records, recordings } = await checkLanes(places, checks);
  await checkpoints.finish(places.at(-1)?.ordinal ?? 0);
  reportAnchors(source, anchors, checkpoints.anchors, report);
  for (const file of source.strays) {
    report({ code: 'stray_file', message: 'not the file of a lane; it was not read', file });
  }
  reportMissing(recordings, report);
  if (records === 0) {
    report({ code: 'no_evidence', message: 'no record was found that holds' });
  }
  if (trust === undefined) {
    const consistency = findings.verdict === 'tampered' ? '' : 'internally consistent; ';
    const message = `${consistency}signer and completeness not established`;
    report({ code: 'trust_not_given', message });
  }
  return {
    verdict: findings.verdict,
    lanes: places.length,
    records,
    ...exchanges.counts,
    dangling: exchanges.dangling,
    recordings,
    problems: findings.problems,
    notes: findings.notes,
  };
}

/** The verdict when there was nothing to look at; the message says why and what to do. */
export function unreadable(message: string): Verification {
  return {
    verdict: 'inconclusive',
    lanes: 0,
    records: 0,
    intents: 0,
    outcomes: 0,
    dangling: [],
    recordings: NO_RECORDINGS,
    problems: [{ code: 'unreadable', message }],
    notes: [],
  };
}

interface LaneFile extends LanePlace {
  readonly stored: StoredFile;
}

interface Checks {
  readonly trusted: TrustedKeys;
  readonly report: Report;
  readonly checkpoints: CheckpointCheck;
  readonly exchanges: ExchangeCheck;
  readonly spendings: SpendingCheck;
  readonly stored: ReadonlyMap<string, StoredRecordings>;
}

const NO_RECORDINGS: RecordingCounts = { named: 0, intact: 0, missing: 0 };

/** Lanes in the order they were opened; reports what is missing or there twice. */
function orderLanes(files: readonly StoredFile[], report: Report): readonly LaneFile[] {
  const named = files.flatMap((stored): LaneFile[] => {
    const name = parseLaneFileName(stored.name.slice(stored.name.lastIndexOf('/') + 1));
    return name === undefined ? [] : [{ ...name, file: stored.name, stored }];
  });
  const places: LaneFile[] = [];
  for (const place of named.sort((a, b) => a.ordinal - b.ordinal)) {
    const { ordinal, lane, file } = place;
    const expected = (places.at(-1)?.ordinal ?? 0) + 1;
    if (ordinal < expected) {
      const message = `another file is lane ${ordinal} already; this one was not read`;
      report({ code: 'lane_duplicated', message, file, lane });
      continue;
    }
    if (ordinal > expected) {
      const missing = ordinal - expected === 1 ? expected : `${expected} to ${ordinal - 1}`;
      report({ code: 'lane_missing', message: `lane ${missing} is not there`, file, lane });
    }
    places.push(place);
  }
  return places;
}

interface Counts {
  /** That hold. */
  readonly records: number;
  readonly recordings: RecordingCounts;
}

async function checkLanes(places: readonly LaneFile[], checks: Checks): Promise<Counts> {
  let records = 0;
  let recordings = NO_RECORDINGS;
  let before: LaneEnd | undefined;
  for (const place of places) {
    const { end, count, kept } = await checkLane(place, checks);
    checkSeal(end, before, checks.report);
    records += count;
    recordings = sum(recordings, kept);
    before = end;
  }
  if (before !== undefined) {
    reportOpenEnd(before, checks.report);
  }
  return { records, recordings };
}

function sum(a: RecordingCounts, b: RecordingCounts): RecordingCounts {
  return {
    named: a.named + b.named,
    intact: a.intact + b.intact,
    missing: a.missing + b.missing,
  };
}

async function checkLane(
  place: LaneFile,
  checks: Checks,
): Promise<{ readonly end: LaneEnd; readonly count: number; readonly kept: RecordingCounts }> {
  const { checkpoints, exchanges, spendings, report, stored } = checks;
  const lane = new LaneCheck(place, checks.trusted, report);
  const clock = new ClockCheck();
  const recordings = new RecordingCheck(stored.get(place.lane), place, report);
  let count = 0;
  await checkpoints.laneStarts(place);
  for await (const line of place.stored.lines) {
    for (const hashed of lane.check(line)) {
      count += 1;
      clock.record(hashed.record);
      exchanges.record(hashed.record, place.file);
      spendings.record(hashed.record, place.file);
      const named = checkpoints.record(hashed, place);
      if (named !== undefined) {
        await named;
      }
      const recorded = recordings.record(hashed.record);
      if (recorded !== undefined) {
        await recorded;
      }
    }
  }
  const end = lane.end();
  await checkpoints.laneEnds(end);
  clock.end(place, report);
  return { end, count, kept: await recordings.end() };
}

function reportMissing({ named, missing }: RecordingCounts, report: Report): void {
  if (missing > 0) {
    const message = `${missing} of ${named} recordings are not here: shredded, or left where the evidence was copied from`;
    report({ code: 'recordings_missing', message });
  }
}

/** Nothing seals the last lane, so how it ends is only told. */
function reportOpenEnd(last: LaneEnd, report: Report): void {
  const where = { file: last.file, lane: last.lane, seq: last.head.seq };
  if (!last.isClosed) {
    const message = 'not closed: it is still being written, or its process died';
    report({ code: 'lane_not_closed', message, ...where });
  }
  if (last.torn !== undefined) {
    const message = `${last.torn.sizeBytes} bytes of a write that was cut short follow the last record`;
    report({ code: 'torn_tail', message, ...where });
  }
}

interface AnchorContext {
  readonly log: string | undefined;
  readonly trusted: TrustedKeys;
  readonly report: Report;
}

function readAnchors(
  stored: readonly StoredAnchor[],
  { log, trusted, report }: AnchorContext,
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
    if (checkpoint === undefined || checkpoint.log === log || key !== undefined) {
      report({ code: 'anchor_invalid', message: 'not a checkpoint of the trust key', file });
    }
    return [];
  });
}

function reportAnchors(
  source: EvidenceSource,
  all: readonly Anchor[],
  own: readonly Anchor[],
  report: Report,
): void {
  if (source.anchors !== undefined && own.length === 0) {
    const message =
      'no checkpoint of this log lies beside the trust key: if the whole log had been rolled back to an earlier state, this would not show';
    report({ code: 'anchor_absent', message });
  }
  if (all.length > own.length) {
    const message = `beside the trust key lie checkpoints of ${all.length - own.length} other logs; ask for them if they should be here`;
    report({ code: 'other_logs', message });
  }
}
