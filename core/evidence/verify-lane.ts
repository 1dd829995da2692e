// Checks one lane, line by line: exact bytes, place in the chain, signature, and the identity its
// first record claims. Says where the first thing that does not hold is, then goes on after it.

import type { LogBase } from './archive-marker.ts';
import {
  type Commit,
  type HashedRecord,
  isSignedBy,
  type LaneHead,
  parseCommit,
} from './commit.ts';
import { laneId } from './lane.ts';
import { type LaneOpening, parseOpening } from './opening.ts';
import type { Problem, ProblemCode, Report } from './problem.ts';
import { bytesDigest, findSignatureKey, NO_HASH, type SignatureKey } from './signature.ts';
import { lineText, type StoredLine } from './source.ts';
import { isTornLine } from './torn.ts';
import { CertificateCheck } from './verify-certificate.ts';

/** Trust keys by id; undefined when the verifier was given none. */
export type TrustedKeys = ReadonlyMap<string, SignatureKey> | undefined;

export interface LanePlace {
  readonly file: string;
  readonly ordinal: number;
  readonly lane: string;
}

/** How a lane was found, for the checks that look at more than one. */
export interface LaneEnd extends LanePlace {
  /** Last record of the last good commit; seq 0 when there is none. */
  readonly head: LaneHead;
  readonly opening?: LaneOpening;
  readonly isClosed: boolean;
  /** Bytes after the last commit that look like a write cut short. */
  readonly torn?: { readonly sizeBytes: number; readonly digest: string };
}

const NOTHING_BEFORE: LaneHead = { seq: 0, hash: NO_HASH };

export class LaneCheck {
  readonly #place: LanePlace;
  readonly #certificates: CertificateCheck;
  readonly #report: Report;
  #head = NOTHING_BEFORE;
  /** Undefined right after a line that could not be followed: the next one is taken as it comes. */
  #expected: LaneHead | undefined = NOTHING_BEFORE;
  #opening: LaneOpening | undefined;
  #key: SignatureKey | undefined;
  #isClosed = false;
  #torn: StoredLine | undefined;

  constructor(place: LanePlace, trusted: TrustedKeys, report: Report) {
    this.#place = place;
    this.#certificates = new CertificateCheck(place, trusted, report);
    this.#report = report;
  }

  /** Goes on behind what is in an archive: the lane is the one that this opens, and stood there. */
  resume({ opening, checkpoint, closed }: LogBase): void {
    const bytes = Buffer.from(opening, 'utf8');
    this.check({ number: 0, bytes, isWhole: true, isTooLong: false });
    this.#head = { seq: checkpoint.seq, hash: checkpoint.head };
    this.#expected = this.#head;
    this.#isClosed = closed;
  }

  /** Returns the line's records when everything about the line holds. */
  check(line: StoredLine): readonly HashedRecord[] {
    if (this.#torn !== undefined) {
      this.#flag('line_invalid', 'not a line of records', { line: this.#torn.number });
      this.#torn = undefined;
    }
    const text = line.isTooLong ? undefined : lineText(line);
    const parsed = text === undefined || !line.isWhole ? undefined : parseCommit(text);
    if (parsed?.ok !== true) {
      this.#expected = undefined;
      if (!this.#isClosed && isTornLine(line)) {
        this.#torn = line;
      } else {
        this.#flag(parsed?.code ?? 'line_invalid', parsed?.reason ?? 'not a line of records', {
          line: line.number,
        });
      }
      return [];
    }
    return this.#checkCommit(parsed.commit, line.number) ? parsed.commit.records : [];
  }

  end(): LaneEnd {
    if (this.#head.seq === 0) {
      this.#flag('opening_invalid', 'holds no record');
    }
    this.#certificates.end(this.#head.seq);
    return {
      ...this.#place,
      head: this.#head,
      isClosed: this.#isClosed,
      ...(this.#opening === undefined ? {} : { opening: this.#opening }),
      ...(this.#torn === undefined ? {} : { torn: tornBytes(this.#torn) }),
    };
  }

  #checkCommit(commit: Commit, line: number): boolean {
    const last = commit.from + commit.records.length - 1;
    const problem = this.#placeProblem(commit) ?? this.#chainProblem(commit);
    if (problem !== undefined) {
      this.#flag(problem.code, problem.message, { line, seq: problem.seq ?? commit.from });
      // A line out of place is whole in itself, so the next is compared with it; a line whose hashes
      // do not hold says nothing of the next.
      const isWhole = problem.code === 'sequence_broken' || problem.code === 'chain_broken';
      this.#expected = isWhole ? { seq: last, hash: commit.head } : undefined;
      return false;
    }
    this.#open(commit, line);
    if (this.#key !== undefined && !isSignedBy(commit, this.#key)) {
      this.#flag('signature_invalid', "not signed by the lane's key", { line, seq: last });
      this.#expected = undefined;
      return false;
    }
    this.#head = { seq: last, hash: commit.head };
    this.#expected = this.#head;
    this.#isClosed = commit.records.at(-1)?.record.type === 'lane.close';
    for (const { record } of commit.records) this.#certificates.record(record, line);
    return true;
  }

  #placeProblem(commit: Commit): Finding | undefined {
    const { lane } = this.#place;
    const stray = commit.records.find(({ record }) => record.lane !== lane);
    if (commit.lane !== lane || stray !== undefined) {
      return { code: 'lane_mismatch', message: 'holds records of another lane' };
    }
    if (this.#expected !== undefined && commit.from !== this.#expected.seq + 1) {
      const message = `expected seq ${this.#expected.seq + 1}, found ${commit.from}`;
      return { code: 'sequence_broken', message };
    }
    if (this.#isClosed) {
      return { code: 'record_after_close', message: 'follows lane.close' };
    }
    return undefined;
  }

  #chainProblem(commit: Commit): Finding | undefined {
    let prev = this.#expected?.hash;
    for (const [index, { record, hash }] of commit.records.entries()) {
      const seq = commit.from + index;
      if (record.seq !== seq) {
        return { code: 'sequence_broken', message: `seq ${record.seq} stands at ${seq}`, seq };
      }
      if (prev !== undefined && record.prev !== prev) {
        const message = 'prev is not the hash of the record before: one of the two was changed';
        return { code: 'chain_broken', message, seq };
      }
      if (record.type === 'lane.open' && seq !== 1) {
        return { code: 'opening_invalid', message: 'lane.open stands inside the lane', seq };
      }
      if (record.type === 'lane.close' && index !== commit.records.length - 1) {
        return { code: 'record_after_close', message: 'follows lane.close', seq: seq + 1 };
      }
      prev = hash;
    }
    const seq = commit.from + commit.records.length - 1;
    return prev === commit.head
      ? undefined
      : { code: 'head_mismatch', message: 'the record is not what its hash was made from', seq };
  }

  /** Takes the key from the lane's first record, which must be the lane.open the name was made from. */
  #open(commit: Commit, line: number): void {
    const first = commit.records[0]?.record;
    if (first === undefined || first.seq !== 1) {
      return;
    }
    const opening = parseOpening(first);
    const key = opening === undefined ? undefined : findSignatureKey(opening.publicKey);
    const isNamed =
      opening !== undefined &&
      laneId(opening) === this.#place.lane &&
      opening.ordinal === this.#place.ordinal;
    if (opening === undefined || key === undefined || !isNamed) {
      const message = 'does not open the lane that the file is named after';
      this.#flag('opening_invalid', message, { line, seq: 1 });
      return;
    }
    this.#opening = opening;
    this.#key = key;
    this.#certificates.opened(opening, line);
  }

  #flag(code: ProblemCode, message: string, where: Where = {}): void {
    const { file, lane } = this.#place;
    this.#report({ code, message, file, lane, ...where });
  }
}

type Where = Pick<Problem, 'line' | 'seq'>;

interface Finding {
  readonly code: ProblemCode;
  readonly message: string;
  readonly seq?: number;
}

function tornBytes(line: StoredLine): { sizeBytes: number; digest: string } {
  const bytes = line.isWhole ? Buffer.concat([line.bytes, Buffer.from('\n')]) : line.bytes;
  return { sizeBytes: bytes.length, digest: bytesDigest(bytes) };
}
