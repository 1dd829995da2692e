// Holds the checkpoints against the lanes, in step: both are in the order they were written, so each
// checkpoint is compared when its record goes by and neither has to be kept.

import type { LogBase } from './archive-marker.ts';
import {
  type Checkpoint,
  type CheckpointLink,
  checkpointHash,
  isCheckpointSignedBy,
  MAX_UNCHECKPOINTED_SECONDS,
  parseCheckpoint,
} from './checkpoint.ts';
import type { HashedRecord } from './commit.ts';
import type { ProblemCode, Report } from './problem.ts';
import { NO_HASH } from './signature.ts';
import { lineText, noLines, type StoredFile, type StoredLine } from './source.ts';
import { isTornLine } from './torn.ts';
import type { LaneEnd, LanePlace, TrustedKeys } from './verify-lane.ts';

/** A checkpoint from outside the data that its log must contain. */
export interface Anchor {
  readonly checkpoint: Checkpoint;
  readonly hash: string;
}

/** The writer refuses after MAX_UNCHECKPOINTED_SECONDS; the rest allows for one slow write. */
const UNCHECKPOINTED_MILLIS = (MAX_UNCHECKPOINTED_SECONDS + 20) * 1000;

export class CheckpointCheck {
  readonly #file: string;
  readonly #lines: AsyncIterator<StoredLine>;
  readonly #trusted: TrustedKeys;
  readonly #anchors: readonly Anchor[];
  readonly #report: Report;
  #next: Checkpoint | undefined;
  /** The checkpoint before `#next`; undefined right after one that could not be read. */
  #link: CheckpointLink | undefined = { n: 0, hash: NO_HASH };
  #lastRead = 0;
  #log: string | undefined;
  #base: Checkpoint | undefined;
  #torn: StoredLine | undefined;
  #lane: LaneProgress = newProgress();
  readonly #unknownKeys = new Set<string>();

  constructor(
    file: StoredFile | undefined,
    trusted: TrustedKeys,
    anchors: readonly Anchor[],
    report: Report,
  ) {
    this.#file = file?.name ?? 'checkpoints.jsonl';
    this.#lines = (file?.lines ?? noLines())[Symbol.asyncIterator]();
    this.#trusted = trusted;
    this.#anchors = anchors;
    this.#report = report;
  }

  /** `log` is lane 1 when that is there; otherwise the log is the one the checkpoints name. */
  async start(log: string | undefined, base: LogBase | undefined): Promise<void> {
    this.#log = base?.checkpoint.log ?? log;
    if (base !== undefined) {
      this.#base = base.checkpoint;
      this.#link = { n: base.checkpoint.n, hash: base.checkpointHash };
      this.#lastRead = base.checkpoint.n;
    }
    await this.#advance();
  }

  /** How many anchors are of the log that is being verified. */
  get anchorCount(): number {
    return this.#anchors.filter(({ checkpoint }) => checkpoint.log === this.#log).length;
  }

  /** Those that say something of what is here, and not only of what is in an archive. */
  get anchors(): readonly Anchor[] {
    const first = this.#base?.n ?? 0;
    return this.#anchors.filter(({ checkpoint: { log, n } }) => log === this.#log && n > first);
  }

  async laneStarts(place: LanePlace): Promise<void> {
    this.#lane = newProgress();
    // The archive's last checkpoint vouches for this lane too.
    this.#lane.met = this.#base?.ordinal === place.ordinal ? 1 : 0;
    // The lanes they name are not there, which the gap in the ordinals shows already.
    while (this.#next !== undefined && this.#next.ordinal < place.ordinal) {
      await this.#advance();
    }
  }

  /** Compares a record with the checkpoints that name it; synchronous unless one does. */
  record({ record, hash }: HashedRecord, place: LanePlace): Promise<void> | undefined {
    const progress = this.#lane;
    progress.firstUncovered ??= record.ts;
    progress.lastUncovered = record.ts;
    progress.anchors += this.#anchors.filter(({ checkpoint }) =>
      agrees(checkpoint, place, record.seq, hash),
    ).length;
    const next = this.#next;
    const isNamed = next?.ordinal === place.ordinal && next.seq <= record.seq;
    return isNamed ? this.#compare(record.seq, hash, place) : undefined;
  }

  async laneEnds(end: LaneEnd): Promise<void> {
    const progress = this.#lane;
    while (this.#next?.ordinal === end.ordinal) {
      progress.unmet ??= this.#next;
      await this.#advance();
    }
    if (progress.unmet !== undefined) {
      this.#flagUnmet(progress.unmet, end);
    }
    this.#checkCoverage(progress, end);
    this.#checkAnchors(end, progress.anchors);
  }

  /** A lane without a trust key is checkpointed by another program, which may be late or away. */
  #checkCoverage(progress: LaneProgress, end: LaneEnd): void {
    const isElsewhere = end.opening !== undefined && end.opening.trustKey === undefined;
    if (progress.met === 0 && end.head.seq > 1) {
      const message = `no checkpoint vouches for any of the ${end.head.seq} records of this lane`;
      this.#flagLane(isElsewhere ? 'lane_uncheckpointed' : 'checkpoint_missing', message, end);
    } else if (isLongUncovered(progress)) {
      const message =
        'records went on for longer than a gateway goes without a checkpoint; checkpoints are missing';
      this.#flagLane(isElsewhere ? 'lane_uncheckpointed' : 'tail_uncheckpointed', message, end);
    }
  }

  /** After the last lane: whatever is left names lanes that are not there. */
  async finish(lastOrdinal: number): Promise<void> {
    while (this.#next !== undefined) {
      const first = this.#next;
      this.#flagMissingLane(first, `checkpoint ${first.n}`);
      while (this.#next?.ordinal === first.ordinal) {
        await this.#advance();
      }
    }
    for (const { checkpoint } of this.anchors) {
      if (checkpoint.n > this.#lastRead) {
        const message = `ends at checkpoint ${this.#lastRead}, though checkpoint ${checkpoint.n} is known from beside the trust key`;
        this.#report({ code: 'checkpoint_missing', message, file: this.#file });
      }
      if (checkpoint.ordinal > lastOrdinal) {
        this.#flagMissingLane(checkpoint, 'the checkpoint beside the trust key');
      }
    }
  }

  async #compare(seq: number, hash: string, place: LanePlace): Promise<void> {
    const progress = this.#lane;
    while (this.#next?.ordinal === place.ordinal && this.#next.seq <= seq) {
      if (agrees(this.#next, place, seq, hash)) {
        progress.met += 1;
        progress.firstUncovered = undefined;
        progress.lastUncovered = undefined;
      } else {
        progress.unmet ??= this.#next;
      }
      await this.#advance();
    }
  }

  async #advance(): Promise<void> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) {
        this.#next = undefined;
        return;
      }
      const checkpoint = this.#read(value);
      if (checkpoint !== undefined) {
        this.#next = checkpoint;
        return;
      }
    }
  }

  #read(line: StoredLine): Checkpoint | undefined {
    if (this.#torn !== undefined) {
      this.#flagLine('checkpoint_invalid', 'not a checkpoint', this.#torn);
      this.#torn = undefined;
    }
    if (isTornLine(line)) {
      // Fine at the very end: what the writer was to say there, it says again when it is back.
      this.#torn = line;
      this.#link = undefined;
      return undefined;
    }
    const text = line.isTooLong ? undefined : lineText(line);
    const checkpoint = text === undefined ? undefined : parseCheckpoint(text);
    if (text === undefined || checkpoint === undefined) {
      this.#link = undefined;
      this.#flagLine('checkpoint_invalid', 'not a checkpoint', line);
      return undefined;
    }
    this.#log ??= checkpoint.log;
    this.#checkSignature(checkpoint, line);
    this.#checkLink(checkpoint, line);
    this.#link = { n: checkpoint.n, hash: checkpointHash(text) };
    this.#lastRead = checkpoint.n;
    this.#checkAgainstAnchors(this.#link, line);
    return checkpoint;
  }

  #checkSignature(checkpoint: Checkpoint, line: StoredLine): void {
    if (this.#trusted === undefined) {
      return;
    }
    const key = this.#trusted.get(checkpoint.key);
    if (key !== undefined && !isCheckpointSignedBy(checkpoint, key)) {
      this.#flagLine('signature_invalid', 'not signed by the trust key', line);
    }
    if (key === undefined && !this.#unknownKeys.has(checkpoint.key)) {
      this.#unknownKeys.add(checkpoint.key);
      const message = `signed by key ${checkpoint.key}, which is not trusted`;
      this.#flagLine('signer_unknown', message, line);
    }
  }

  #checkLink({ n, prev, ordinal, seq, log }: Checkpoint, line: StoredLine): void {
    const link = this.#link;
    const before = this.#next;
    const isLinked = link === undefined || (n === link.n + 1 && prev === link.hash);
    const isForward =
      before === undefined ||
      ordinal > before.ordinal ||
      (ordinal === before.ordinal && seq >= before.seq);
    if (!isLinked || !isForward || log !== this.#log) {
      const message = `checkpoint ${n} does not follow the one before it`;
      this.#flagLine('checkpoint_chain_broken', message, line);
    }
  }

  #checkAgainstAnchors(link: CheckpointLink, line: StoredLine): void {
    const isOther = this.anchors.some(
      ({ checkpoint, hash }) => checkpoint.n === link.n && hash !== link.hash,
    );
    if (isOther) {
      const message = `checkpoint ${link.n} is not the one beside the trust key`;
      this.#flagLine('checkpoint_chain_broken', message, line);
    }
  }

  #checkAnchors(end: LaneEnd, found: number): void {
    const ofLane = this.anchors.filter(({ checkpoint }) => checkpoint.ordinal === end.ordinal);
    const first = ofLane[0];
    if (first !== undefined && found < ofLane.length) {
      const { seq } = first.checkpoint;
      const message = `the checkpoint beside the trust key vouches for seq ${seq}; this lane ends at ${end.head.seq} or differs there`;
      this.#flagLane('checkpoint_unmet', message, end, seq);
    }
  }

  #flagUnmet(checkpoint: Checkpoint, end: LaneEnd): void {
    const { n, seq } = checkpoint;
    const message = `checkpoint ${n} vouches for seq ${seq}; this lane ends at ${end.head.seq} or differs there`;
    this.#flagLane('checkpoint_unmet', message, end, seq);
  }

  #flagMissingLane({ ordinal, lane, seq }: Checkpoint, who: string): void {
    const message = `${who} vouches for seq ${seq} of lane ${ordinal}, which is not there`;
    this.#report({ code: 'lane_missing', message, file: this.#file, lane, seq });
  }

  #flagLane(code: ProblemCode, message: string, end: LaneEnd, seq: number = end.head.seq): void {
    this.#report({ code, message, file: end.file, lane: end.lane, seq });
  }

  #flagLine(code: ProblemCode, message: string, line: StoredLine): void {
    this.#report({ code, message, file: this.#file, line: line.number });
  }
}

/** What is known of the checkpoints of the lane that is being read. */
interface LaneProgress {
  met: number;
  anchors: number;
  unmet: Checkpoint | undefined;
  firstUncovered: string | undefined;
  lastUncovered: string | undefined;
}

function newProgress(): LaneProgress {
  const firstUncovered = undefined;
  return { met: 0, anchors: 0, unmet: undefined, firstUncovered, lastUncovered: undefined };
}

function agrees(checkpoint: Checkpoint, place: LanePlace, seq: number, hash: string): boolean {
  const { ordinal, lane, seq: vouched, head } = checkpoint;
  return ordinal === place.ordinal && lane === place.lane && vouched === seq && head === hash;
}

function isLongUncovered({ firstUncovered, lastUncovered }: LaneProgress): boolean {
  return (
    firstUncovered !== undefined &&
    lastUncovered !== undefined &&
    Date.parse(lastUncovered) - Date.parse(firstUncovered) > UNCHECKPOINTED_MILLIS
  );
}
