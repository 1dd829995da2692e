// Turns drafts into a lane: whatever waits while one commit is under way goes into the next, under
// one signature and one write. Where the bytes go is the sink's business.

import { type LaneHead, type SealedCommit, sealCommit } from './commit.ts';
import { type DegradedWindow, remaining, windowDrafts } from './degraded-window.ts';
import { type PreparedDraft, prepareDraft } from './draft.ts';
import {
  type DurableRecord,
  LedgerFault,
  type LedgerObserver,
  type Receipt,
  tell,
} from './ledger.ts';
import { type NamedBlob, nameBlob } from './named-blob.ts';
import { OwedOutcomes } from './owed-outcomes.ts';
import type { RecordDraft } from './record.ts';
import type { Signer } from './signature.ts';

export interface CommitSink {
  /**
   * Makes the blobs durable, then the commit that names them. Rejects when nothing of either is left
   * behind, or with CommitInDoubt when that cannot be told: then the same commit comes again before any
   * other, and it must be taken as one.
   */
  write(commit: SealedCommit, blobs: readonly NamedBlob[]): Promise<void>;
}

/** The write was cut off on its way: it may have arrived, or may yet. */
export class CommitInDoubt extends Error {
  override readonly name = 'CommitInDoubt';
  readonly code: string;

  constructor(code: string, options?: ErrorOptions) {
    super('whether the commit was written is not known', options);
    this.code = code;
  }
}

/** What may wait while a commit is under way; a draft beyond it is refused with `backlog_full`. */
export interface BacklogLimits {
  readonly count: number;
  readonly sizeBytes: number;
  /** Of recordings; they wait beside the records. */
  readonly blobBytes?: number;
}

export interface LaneWriterOptions {
  readonly lane: string;
  readonly signer: Signer;
  readonly sink: CommitSink;
  /** RFC 3339 in UTC with microseconds; stamps the records the writer itself makes. */
  readonly now: () => string;
  /** The lane's last durable record: lane.open. */
  readonly opening: DurableRecord;
  readonly backlog?: BacklogLimits;
}

interface Waiting {
  readonly draft: PreparedDraft;
  readonly blob?: NamedBlob;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (fault: LedgerFault) => void;
}

/** A commit on its way, with what it is made of. */
interface Sealed {
  readonly commit: SealedCommit;
  readonly drafts: readonly PreparedDraft[];
  readonly blobs: readonly NamedBlob[];
}

/** Some seconds of full traffic: more would only make every caller wait longer. */
const DEFAULT_BACKLOG: BacklogLimits = { count: 8192, sizeBytes: 16 * 1024 * 1024 };
/** A few of the largest, or thousands as they mostly are. */
const DEFAULT_BLOB_BYTES = 64 * 1024 * 1024;

/** One line stays far below MAX_LINE_BYTES, and one commit a small part of a second. */
const MAX_COMMIT_RECORDS = 1024;
const MAX_COMMIT_BYTES = 1024 * 1024;
const MAX_COMMIT_BLOB_BYTES = 8 * 1024 * 1024;

export class LaneWriter {
  readonly #options: LaneWriterOptions;
  readonly #backlog: BacklogLimits;
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #queuedBlobBytes = 0;
  #head: LaneHead;
  #isRunning = false;
  #window: DegradedWindow | undefined;
  #doubt: Sealed | undefined;
  readonly #owed = new OwedOutcomes();
  #closed: Promise<Receipt> | undefined;
  readonly #observers: LedgerObserver[] = [];

  constructor(options: LaneWriterOptions) {
    this.#options = options;
    this.#backlog = options.backlog ?? DEFAULT_BACKLOG;
    this.#head = options.opening.receipt;
  }

  get healthy(): boolean {
    return this.#window === undefined;
  }

  /** See Ledger.observe. */
  observe(observer: LedgerObserver): void {
    tell(observer, this.#options.opening);
    this.#observers.push(observer);
  }

  /** See Ledger.append; rejects with DraftFault when the draft can never be a record. */
  async append(draft: RecordDraft, blob?: Uint8Array): Promise<Receipt> {
    if (this.#closed !== undefined) {
      throw new LedgerFault('closed', 'the ledger is closed');
    }
    const prepared = prepareDraft(draft);
    const named = nameBlob(draft, blob);
    if (this.#isFull(prepared.sizeBytes, blob?.length ?? 0)) {
      this.#refuse('backlog_full', [prepared]);
      throw new LedgerFault('backlog_full', 'too many records wait for the disk');
    }
    return this.#enqueue(prepared, named);
  }

  /** Ends a degraded window when writing is possible again; without one it does nothing. */
  probe(): void {
    if (this.#window !== undefined || this.#doubt !== undefined) {
      this.#start();
    }
  }

  /** Commits what waits and then `last`; idempotent. Rejects when `last` cannot be written. */
  close(last: RecordDraft): Promise<Receipt> {
    this.#closed ??= this.#enqueue(prepareDraft(last));
    return this.#closed;
  }

  #isFull(sizeBytes: number, blobBytes: number): boolean {
    const { count, sizeBytes: most, blobBytes: mostBlobs = DEFAULT_BLOB_BYTES } = this.#backlog;
    return (
      this.#queue.length >= count ||
      this.#queuedBytes + sizeBytes > most ||
      (blobBytes > 0 && this.#queuedBlobBytes + blobBytes > mostBlobs)
    );
  }

  #enqueue(draft: PreparedDraft, blob?: NamedBlob): Promise<Receipt> {
    const { promise, resolve, reject } = Promise.withResolvers<Receipt>();
    this.#queue.push({ draft, resolve, reject, ...(blob === undefined ? {} : { blob }) });
    this.#queuedBytes += draft.sizeBytes;
    this.#queuedBlobBytes += blob?.bytes.length ?? 0;
    this.#start();
    return promise;
  }

  #start(): void {
    if (!this.#isRunning) {
      this.#isRunning = true;
      // Not at once: what all calls of this turn of the event loop hand in shares one commit.
      setImmediate(() => void this.#run());
    }
  }

  /** Never rejects: each failure is told to the drafts it concerns. */
  async #run(): Promise<void> {
    let isWritten = true;
    do {
      isWritten = await this.#commit(this.#takeBatch());
    } while (this.#queue.length > 0 || (isWritten && this.#window !== undefined));
    this.#isRunning = false;
  }

  #takeBatch(): readonly Waiting[] {
    let count = 0;
    let sizeBytes = 0;
    let blobBytes = 0;
    for (const { draft, blob } of this.#queue) {
      const isLarge = sizeBytes > MAX_COMMIT_BYTES || blobBytes > MAX_COMMIT_BLOB_BYTES;
      if (count === MAX_COMMIT_RECORDS || isLarge) {
        break;
      }
      count += 1;
      sizeBytes += draft.sizeBytes;
      blobBytes += blob?.bytes.length ?? 0;
    }
    this.#queuedBytes -= sizeBytes;
    this.#queuedBlobBytes -= blobBytes;
    return this.#queue.splice(0, count);
  }

  async #commit(batch: readonly Waiting[]): Promise<boolean> {
    const said = batch.map(({ draft }) => draft);
    try {
      const repairs = await this.#settleDoubt();
      const window = this.#window;
      const markers = window === undefined ? [] : windowDrafts(window, this.#options.now());
      const before = [...repairs, ...markers];
      const drafts = [...before, ...said];
      if (drafts.length === 0) {
        return true;
      }
      const commit = this.#seal(drafts);
      await this.#write({ commit, drafts, blobs: batch.flatMap(({ blob }) => blob ?? []) });
      this.#window = remaining(this.#window, window);
      this.#owed.written(repairs);
      this.#resolve(batch, commit, before.length);
      return true;
    } catch (error) {
      // What is in doubt itself may be in the lane, and is settled when that is known.
      const isSent = said.some((each) => this.#doubt?.drafts.includes(each));
      this.#refuse(systemCode(error) ?? 'write_failed', isSent ? [] : said, said.length);
      for (const { reject } of batch) {
        reject(
          new LedgerFault('write_failed', 'the record could not be made durable', { cause: error }),
        );
      }
      return false;
    }
  }

  async #write(sealed: Sealed): Promise<void> {
    const { commit, drafts, blobs } = sealed;
    try {
      await this.#options.sink.write(commit, blobs);
    } catch (error) {
      if (error instanceof CommitInDoubt) this.#doubt = sealed;
      throw error;
    }
    this.#doubt = undefined;
    this.#head = commit.head;
    this.#tell(drafts, commit);
  }

  /**
   * A commit in doubt is brought to its end before anything follows it. Its calls were refused
   * meanwhile, so each intent in it gets the outcome that says so.
   */
  async #settleDoubt(): Promise<readonly PreparedDraft[]> {
    const doubt = this.#doubt;
    if (doubt !== undefined) {
      await this.#write(doubt);
      this.#owed.written(doubt.drafts);
      this.#owed.arrived(doubt.drafts, this.#options.now());
    }
    return this.#payOwed();
  }

  /** What is left of it then fits beside what waits. */
  async #payOwed(): Promise<readonly PreparedDraft[]> {
    for (;;) {
      const { drafts, isAll } = this.#owed.first;
      if (isAll) return drafts;
      await this.#write({ commit: this.#seal(drafts), drafts, blobs: [] });
      this.#owed.written(drafts);
    }
  }

  #seal(drafts: readonly PreparedDraft[]): SealedCommit {
    const { lane, signer } = this.#options;
    return sealCommit(lane, this.#head, drafts, signer);
  }

  #resolve(batch: readonly Waiting[], commit: SealedCommit, markers: number): void {
    const first = commit.head.seq - batch.length + 1;
    for (const [index, { resolve }] of batch.entries()) {
      const hash = commit.hashes[markers + index];
      if (hash !== undefined) {
        resolve({ lane: this.#options.lane, seq: first + index, hash });
      }
    }
  }

  #tell(drafts: readonly PreparedDraft[], { head, hashes }: SealedCommit): void {
    const { lane } = this.#options;
    const from = head.seq - drafts.length + 1;
    for (const observer of this.#observers) {
      for (const [index, { draft, sizeBytes }] of drafts.entries()) {
        const receipt = { lane, seq: from + index, hash: hashes[index] ?? '' };
        tell(observer, { draft, receipt, sizeBytes });
      }
    }
  }

  #refuse(cause: string, lost: readonly PreparedDraft[], count = lost.length): void {
    this.#owed.refused(lost);
    const window = this.#window ?? { since: this.#options.now(), cause, refused: 0 };
    this.#window = { ...window, refused: window.refused + count };
  }
}

/** The operating system's word for a failure, such as ENOSPC; a constant, never a value. */
function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
