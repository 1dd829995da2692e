// Takes one log into an archive, step by step, and then cuts it off where it is written. Each step is verified from where
// the last one ended; what does not hold stays where it is, and so does all behind it.

import { type ArchiveMarker, isMarkerSignedBy, parseMarker, sealMarker } from './archive-marker.ts';
import type { ColdLog, HotLog } from './archive-ports.ts';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { laneFileName } from './lane.ts';
import { gravityOf, type Problem, type ProblemCode } from './problem.ts';
import type { SignatureKey, Signer } from './signature.ts';
import { SliceCopy } from './slice-copy.ts';
import { verifyEvidence } from './verify.ts';

export interface ArchiveTerms {
  readonly trust: { readonly id: string; readonly signer: Signer };
  /** Of gateways: those that certify lanes and sign checkpoints. */
  readonly trusted: readonly SignatureKey[];
  readonly now: () => string;
  /** Keeps beside the trust key how far the archive reaches; resolves when it is durable. */
  readonly anchor: (checkpointLine: string, log: string) => Promise<void>;
  /** What is older than this may be cut off once it is archived; RFC 3339. */
  readonly cutBefore: string;
}

export type ArchivedLog =
  | { readonly kind: 'archived'; readonly records: number; readonly end: Checkpoint | undefined }
  /** It stays where it is, and somebody must look. */
  | { readonly kind: 'unverifiable'; readonly problems: readonly Problem[] };

/** Checkpoints in a step: seconds of a busy gateway, a day and more of a quiet one. */
const STEP = 64;
/** Places where a log may yet be cut; beyond that every second one is forgotten. */
const MAX_MARKERS = 32;

/** Findings about what people and stores did. Such evidence is authentic, and an archive is where it belongs. */
const TOLD: ReadonlySet<ProblemCode> = new Set([
  'grant_spent_twice',
  'grant_spent_after_end',
  'records_lost',
]);

/** Rejects with the error of either place when that cannot be reached. */
export async function archiveLog(
  hot: HotLog,
  cold: ColdLog,
  terms: ArchiveTerms,
): Promise<ArchivedLog> {
  const kept = await cold.markers();
  const cut = await hot.marker();
  const problem = cutProblem(cut, kept.at(-1), terms.trusted);
  if (problem !== undefined) return { kind: 'unverifiable', problems: [problem] };
  let markers: readonly string[] = kept.filter(
    (each) => each === kept.at(-1) || reachOf(each) > reachOf(cut),
  );
  let records = 0;
  for (;;) {
    const lines = await hot.checkpoints(reachOf(markers.at(-1)), STEP);
    if (lines.length === 0) break;
    const step = await takeStep({ hot, cold, terms, markers, lines });
    if (step.problems.length > 0) return { kind: 'unverifiable', problems: step.problems };
    records += step.records;
    markers = step.markers;
  }
  await cutOff(hot, { markers, cutBefore: terms.cutBefore, ...(cut === undefined ? {} : { cut }) });
  return { kind: 'archived', records, end: baseOf(markers.at(-1))?.checkpoint };
}

interface Step {
  readonly hot: HotLog;
  readonly cold: ColdLog;
  readonly terms: ArchiveTerms;
  readonly markers: readonly string[];
  readonly lines: readonly string[];
}

interface Taken {
  readonly markers: readonly string[];
  readonly problems: readonly Problem[];
  readonly records: number;
}

async function takeStep({ hot, cold, terms, markers, lines }: Step): Promise<Taken> {
  const line = lines.at(-1) ?? '';
  const end = parseCheckpoint(line);
  if (end === undefined) {
    const message = 'a line among the checkpoints is none';
    return { markers, records: 0, problems: [{ code: 'checkpoint_invalid', message }] };
  }
  const base = baseOf(markers.at(-1));
  const draft = await cold.begin();
  try {
    const copy = new SliceCopy(draft, laneFileName(end.ordinal, end.lane));
    const { problems, records } = await verifyEvidence(
      {
        anchors: undefined,
        checkpoints: copy.checkpoints(lines),
        ...copy.of(await hot.slice(base, end)),
        strays: [],
        ...marked(markers.at(-1)),
      },
      terms.trusted,
    );
    const found = problems.filter(({ code }) => gravityOf(code) === 'tampering' && !TOLD.has(code));
    if (found.length > 0) return { markers, records: 0, problems: found };
    const facts = { checkpointLine: line, ts: terms.now(), ...copy.end(base) };
    const all = thinned([...markers, sealMarker(facts, terms.trust)]);
    await draft.keep(all);
    await terms.anchor(line, end.log);
    return { markers: all, records, problems: [] };
  } finally {
    await draft.drop();
  }
}

/** At the newest place that is old enough. */
async function cutOff(
  hot: HotLog,
  { markers, cut, cutBefore }: { markers: readonly string[]; cut?: string; cutBefore: string },
): Promise<void> {
  const marker = markers.findLast((each) => {
    const { checkpoint } = parseMarker(each) ?? {};
    return checkpoint !== undefined && checkpoint.n > reachOf(cut) && checkpoint.ts < cutBefore;
  });
  // Whoever else archives meanwhile has moved it on by then, and this one looks again.
  if (marker !== undefined) await hot.trim(cut, marker);
}

/** Whether what was cut off is in this archive. */
function cutProblem(
  cut: string | undefined,
  newest: string | undefined,
  trusted: readonly SignatureKey[],
): Problem | undefined {
  if (cut === undefined) return undefined;
  const at = parseMarker(cut);
  if (at === undefined || !trusted.some((key) => isMarkerSignedBy(cut, key))) {
    const message = 'what stands where the log was cut off is no word of the trust key';
    return { code: 'marker_invalid', message };
  }
  const { n } = at.checkpoint;
  const reach = reachOf(newest);
  if (n <= reach) return undefined;
  const message = `the log was cut off at checkpoint ${n}, and this archive reaches only to ${reach}: it is not where the rest was archived, or lost its end`;
  return { code: 'archive_not_given', message };
}

function reachOf(marker: string | undefined): number {
  return baseOf(marker)?.checkpoint.n ?? 0;
}

function baseOf(marker: string | undefined): ArchiveMarker | undefined {
  return marker === undefined ? undefined : parseMarker(marker);
}

function marked(text: string | undefined): { marker?: { file: string; text: string } } {
  return text === undefined ? {} : { marker: { file: 'archive', text } };
}

/** The oldest may be cut soonest and the newest must stay; of those between every second one does. */
function thinned(markers: readonly string[]): readonly string[] {
  const last = markers.length - 1;
  return markers.length <= MAX_MARKERS
    ? markers
    : markers.filter((_, index) => index % 2 === 0 || index === last);
}
