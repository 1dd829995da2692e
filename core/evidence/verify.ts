// Verifies evidence with nothing but its bytes and the trust keys: each lane in itself, the lanes
// against each other, all of it against the checkpoints, and intents against outcomes.

import type { LogBase } from './archive-marker.ts';
import { laneFileName, parseLaneFileName } from './lane.ts';
import { Findings, type Problem, type Report, type Verdict } from './problem.ts';
import type { SignatureKey } from './signature.ts';
import { type EvidenceSource, noLines, type StoredFile, type StoredRecordings } from './source.ts';
import { readAnchors, reportOtherLogs } from './verify-anchors.ts';
import { readBase, withoutArchived } from './verify-base.ts';
import { type Anchor, CheckpointCheck } from './verify-checkpoints.ts';
import { ClockCheck } from './verify-clock.ts';
import { type DanglingIntent, ExchangeCheck } from './verify-exchanges.ts';
import { GlassCheck } from './verify-glass.ts';
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
export function verifyEvidence(
  source: EvidenceSource,
  trust: readonly SignatureKey[] | undefined,
): Promise<Verification> {
  return verifyLogs([source], trust);
}

/**
 * The same for logs that several gateways wrote at a time. Each is whole in itself; that a grant was spent
 * once, and that outcomes have their intents, is held against all of them together.
 */
export async function verifyLogs(
  sources: readonly EvidenceSource[],
  trust: readonly SignatureKey[] | undefined,
): Promise<Verification> {
  const findings = new Findings();
  const isCut = sources.some(({ marker }) => marker !== undefined);
  const report = isCut ? withoutArchived(findings.report) : findings.report;
  const exchanges = new ExchangeCheck(report);
  const trusted = trust && new Map(trust.map((key) => [key.id, key]));
  const logs = sources.map((source): Log => {
    const base = readBase(source.marker, trusted, report);
    const places = orderLanes(source.lanes, base, report);
    const first = places[0]?.ordinal === 1 ? places[0].lane : undefined;
    return { source, base, places, name: base?.checkpoint.log ?? first };
  });
  const names = new Set(logs.map(({ name }) => name));
  const [stored] = sources.map(({ anchors }) => anchors);
  const anchors = readAnchors(stored ?? [], { names, trusted, report });
  const approvals = { spendings: new SpendingCheck(report), glass: new GlassCheck(report) };
  const checks = { trusted, report, exchanges, ...approvals };
  let counts: Counts = { records: 0, recordings: NO_RECORDINGS, anchors: 0 };
  for (const log of logs) {
    counts = sumCounts(counts, await checkLog(log, anchors, checks));
  }
  checks.spendings.finish();
  checks.glass.finish();
  const { records, recordings } = counts;
  reportOtherLogs(anchors.length - counts.anchors, report);
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
    lanes: logs.reduce((sum, { places }) => sum + places.length, 0),
    records,
    ...exchanges.counts,
    dangling: exchanges.dangling,
    recordings,
    problems: findings.problems,
    notes: findings.notes,
  };
}

interface Log {
  readonly source: EvidenceSource;
  readonly base: LogBase | undefined;
  readonly places: readonly LaneFile[];
  /** Undefined when its first lane is not there. */
  readonly name: string | undefined;
}

async function checkLog(
  { source, base, places, name }: Log,
  anchors: readonly Anchor[],
  shared: SharedChecks,
): Promise<Counts> {
  const { report, trusted } = shared;
  const checkpoints = new CheckpointCheck(source.checkpoints, trusted, anchors, report);
  await checkpoints.start(name, base);
  const own = { checkpoints, stored: source.recordings ?? new Map(), base };
  const { records, recordings } = await checkLanes(places, { ...shared, ...own });
  await checkpoints.finish(places.at(-1)?.ordinal ?? 0);
  const found = checkpoints.anchorCount;
  if (source.anchors !== undefined && found === 0) {
    const message =
      'no checkpoint of this log lies beside the trust key: if the whole log had been rolled back to an earlier state, this would not show';
    report({ code: 'anchor_absent', message });
  }
  for (const file of source.strays) {
    report({ code: 'stray_file', message: 'not the file of a lane; it was not read', file });
  }
  return { records, recordings, anchors: found };
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

interface SharedChecks {
  readonly trusted: TrustedKeys;
  readonly report: Report;
  readonly exchanges: ExchangeCheck;
  readonly spendings: SpendingCheck;
  readonly glass: GlassCheck;
}

interface Checks extends SharedChecks {
  readonly checkpoints: CheckpointCheck;
  readonly base: LogBase | undefined;
  readonly stored: ReadonlyMap<string, StoredRecordings>;
}

const NO_RECORDINGS: RecordingCounts = { named: 0, intact: 0, missing: 0 };

/** Lanes in the order they were opened; reports what is missing or there twice. */
function orderLanes(
  files: readonly StoredFile[],
  base: LogBase | undefined,
  report: Report,
): readonly LaneFile[] {
  const named = files.flatMap((stored): LaneFile[] => {
    const name = parseLaneFileName(stored.name.slice(stored.name.lastIndexOf('/') + 1));
    return name === undefined ? [] : [{ ...name, file: stored.name, stored }];
  });
  const places: LaneFile[] = [];
  const { ordinal: first = 1, lane: laneOfBase = '' } = base?.checkpoint ?? {};
  if (base !== undefined && named.every(({ ordinal }) => ordinal !== first)) {
    // It ended where the archive ends, and nothing of it is left to look at but that.
    const file = laneFileName(first, laneOfBase);
    named.push({
      ordinal: first,
      lane: laneOfBase,
      file,
      stored: { name: file, lines: noLines() },
    });
  }
  for (const place of named.sort((a, b) => a.ordinal - b.ordinal)) {
    const { ordinal, lane, file } = place;
    const expected = (places.at(-1)?.ordinal ?? first - 1) + 1;
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
  /** Checkpoints from outside that belong to it. */
  readonly anchors: number;
}

function sumCounts(a: Counts, b: Counts): Counts {
  return {
    records: a.records + b.records,
    recordings: sum(a.recordings, b.recordings),
    anchors: a.anchors + b.anchors,
  };
}

async function checkLanes(
  places: readonly LaneFile[],
  checks: Checks,
): Promise<Omit<Counts, 'anchors'>> {
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
  const { checkpoints, exchanges, spendings, glass, report, stored } = checks;
  const lane = new LaneCheck(place, checks.trusted, report);
  const clock = new ClockCheck();
  const recordings = new RecordingCheck(stored.get(place.lane), place, report);
  let count = 0;
  if (checks.base?.checkpoint.ordinal === place.ordinal) lane.resume(checks.base);
  await checkpoints.laneStarts(place);
  for await (const line of place.stored.lines) {
    for (const hashed of lane.check(line)) {
      count += 1;
      clock.record(hashed.record);
      exchanges.record(hashed.record, place.file);
      spendings.record(hashed.record, place.file);
      glass.record(hashed.record, place.file);
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
