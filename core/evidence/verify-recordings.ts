// Holds the recordings of a lane against the records that name them. A recording that is gone was shredded
// or left behind, and says nothing; one that is there must be, byte for byte, what its record names.

import type { StoredRecord } from './parse-record.ts';
import type { Report } from './problem.ts';
import { bytesDigest } from './signature.ts';
import type { StoredBlob, StoredRecordings } from './source.ts';
import type { LanePlace } from './verify-lane.ts';

export interface RecordingCounts {
  /** Recordings that records name. */
  readonly named: number;
  /** Of these: there, and unchanged. */
  readonly intact: number;
  /** Of these: shredded, or not there. */
  readonly missing: number;
}

/** Recordings lie in the order of their records, so a reader need not remember many. */
const MAX_PASSED = 4096;

type Entry = Extract<StoredBlob, { kind: 'entry' }>;
type Verdict = 'intact' | 'shredded' | 'changed';

interface Passed {
  /** 1, 2, 3 … in the file. */
  readonly place: number;
  readonly verdict: Verdict;
}

/** The recordings of one lane: call `record` for each of its records and `end` when they are over. */
export class RecordingCheck {
  readonly #report: Report;
  readonly #lane: LanePlace;
  readonly #file: string | undefined;
  readonly #blobs: AsyncIterator<StoredBlob> | undefined;
  /** Entries that no record has named yet, by digest, the first one first. */
  readonly #passed = new Map<string, Passed>();
  #place = 0;
  #lastNamed = 0;
  #firstForgotten = Number.POSITIVE_INFINITY;
  #counts: RecordingCounts = { named: 0, intact: 0, missing: 0 };
  #isOver = false;
  /** What lies at the end and is no recording; the writer may have died over it. */
  #remains: string | undefined;
  /** A record names what was not found though the whole file was read. */
  #isShort = false;

  constructor(stored: StoredRecordings | undefined, lane: LanePlace, report: Report) {
    this.#report = report;
    this.#lane = lane;
    this.#file = stored?.name;
    this.#blobs = stored?.blobs[Symbol.asyncIterator]();
  }

  /** Undefined when there is nothing to wait for. */
  record({ payload, seq }: StoredRecord): Promise<void> | undefined {
    return payload === undefined ? undefined : this.#find(payload.blob, seq);
  }

  async end(): Promise<RecordingCounts> {
    while (!this.#isOver) {
      await this.#next();
    }
    await this.#blobs?.return?.();
    for (const { place, verdict } of this.#passed.values()) {
      if (place < this.#lastNamed) {
        this.#firstForgotten = Math.min(this.#firstForgotten, place);
      } else if (verdict === 'changed') {
        this.#remains ??= `recording ${place}, which nothing names, is not whole`;
      }
    }
    if (this.#firstForgotten < this.#lastNamed) {
      this.#flag(`recording ${this.#firstForgotten} of the file is not one that any record names`);
    }
    this.#tellRemains();
    return this.#counts;
  }

  async #find(digest: string, seq: number): Promise<void> {
    while (!this.#passed.has(digest) && !this.#isOver) {
      await this.#next();
    }
    const found = this.#passed.get(digest);
    this.#passed.delete(digest);
    this.#lastNamed = Math.max(this.#lastNamed, found?.place ?? 0);
    this.#isShort ||= found === undefined;
    if (found?.verdict === 'changed') {
      this.#flag('a recording is not what its record names', seq);
    }
    const { named, intact, missing } = this.#counts;
    const isMissing = found === undefined || found.verdict === 'shredded';
    this.#counts = {
      named: named + 1,
      intact: intact + (found?.verdict === 'intact' ? 1 : 0),
      missing: missing + (isMissing ? 1 : 0),
    };
  }

  async #next(): Promise<void> {
    const next = await this.#blobs?.next();
    if (next === undefined || next.done === true) {
      this.#isOver = true;
      return;
    }
    const blob = next.value;
    if (blob.kind === 'entry') {
      this.#pass(blob);
      return;
    }
    this.#isOver = true;
    this.#remains =
      blob.kind === 'torn'
        ? `${blob.sizeBytes} bytes of a recording that was cut short follow the last one`
        : `what lies at ${blob.offset} begins no recording`;
  }

  #pass(entry: Entry): void {
    this.#place += 1;
    this.#passed.set(entry.head.digest, { place: this.#place, verdict: judge(entry) });
    const [oldest] = this.#passed.keys();
    if (this.#passed.size > MAX_PASSED && oldest !== undefined) {
      const place = this.#passed.get(oldest)?.place ?? 0;
      this.#firstForgotten = Math.min(this.#firstForgotten, place);
      this.#passed.delete(oldest);
    }
  }

  /** What a record names was durable before it, so a write cut short never explains that it is gone. */
  #tellRemains(): void {
    if (this.#remains === undefined) {
      return;
    }
    if (this.#isShort) {
      this.#flag(`${this.#remains}, and records name what is not there`);
    } else {
      this.#report({ code: 'torn_tail', message: this.#remains, ...this.#where() });
    }
  }

  #flag(message: string, seq?: number): void {
    const where = seq === undefined ? this.#where() : { ...this.#where(), seq };
    this.#report({ code: 'recording_changed', message, ...where });
  }

  #where(): { readonly lane: string; readonly file?: string } {
    const { lane } = this.#lane;
    return this.#file === undefined ? { lane } : { lane, file: this.#file };
  }
}

function judge({ head, bytes }: Entry): Verdict {
  if (head.state === 'shredded') {
    return bytes.every((byte) => byte === 0) ? 'shredded' : 'changed';
  }
  return bytesDigest(bytes) === head.digest ? 'intact' : 'changed';
}
