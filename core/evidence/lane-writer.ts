// Turns drafts into a lane: whatever waits while one commit is under way goes into the next, under
// one signature and one write. Where the bytes go is the sink's business.

import { type LaneHead, type SealedCommit, sealCommit } from './commit.ts';
import { type PreparedDraft, prepareDraft } from './draft.ts';
import { LedgerFault, type Receipt } from './ledger.ts';
import type { RecordDraft } from './record.ts';
import type { Signer } from './signature.ts';

export interface CommitSink {
  /** Resolves when the commit is durable; rejects when nothing of it is left behind. */
  write(commit: SealedCommit): Promise<void>;
}

/** What may wait while a commit is under way; a draft beyond it is refused with `backlog_full`. */
export interface BacklogLimits {
  readonly count: number;
  readonly sizeBytes: number;
}

export interface LaneWriterOptions {
  readonly lane: string;
  readonly signer: Signer;
  readonly sink: CommitSink;
  /** RFC 3339 in UTC with microseconds; stamps the records the writer itself makes. */
  readonly now: () => string;
  /** The lane's last durable record: lane.open. */
  readonly head: LaneHead;
  readonly backlog?: BacklogLimits;
}

interface Waiting {
  readonly draft: PreparedDraft;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (fault: LedgerFault) => void;
}

/** The time since appends began to be refused. */
interface DegradedWindow {
  readonly since: string;
  readonly cause: string;
  readonly refused: number;
}

/** Some seconds of full traffic: more would only make every caller wait longer. */
const DEFAULT_BACKLOG: BacklogLimits = { count: 8192, sizeBytes: 16 * 1024 * 1024 };

/** One line stays far below MAX_LINE_BYTES, and one commit a small part of a second. */
const MAX_COMMIT_RECORDS = 1024;
const MAX_COMMIT_BYTES = 1024 * 1024;

export class LaneWriter {
  readonly #options: LaneWriterOptions;
  readonly #backlog: BacklogLimits;
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #head: LaneHead;
  #isRunning = false;
  #window: DegradedWindow | undefined;
  #closed: Promise<Receipt> | undefined;

  constructor(options: LaneWriterOptions) {
    this.#options = options;
    this.#backlog = options.backlog ?? DEFAULT_BACKLOG;
    this.#head = options.head;
  }

  get healthy(): boolean {
    return this.#window === undefined;
  }

  /** See Ledger.append; rejects with DraftFault when the draft can never be a record. */
  async append(draft: RecordDraft): Promise<Receipt> {
    if (this.#closed !== undefined) {
      throw new LedgerFault('closed', 'the ledger is closed');
    }
    const prepared = prepareDraft(draft);
    const isFull =
      this.#queue.length >= this.#backlog.count ||
      this.#queuedBytes + prepared.sizeBytes > this.#backlog.sizeBytes;
    if (isFull) {
      this.#refuse('backlog_full', 1);
      throw new LedgerFault('backlog_full', 'too many records wait for the disk');
    }
    return this.#enqueue(prepared);
  }

  /** Ends a degraded window when writing is possible again; without one it does nothing. */
  probe(): void {
    if (this.#window !== undefined) {
      this.#start();
    }
  }

  /** Commits what waits and then `last`; idempotent. Rejects when `last` cannot be written. */
  close(last: RecordDraft): Promise<Receipt> {
    this.#closed ??= this.#enqueue(prepareDraft(last));
    return this.#closed;
  }

  #enqueue(draft: PreparedDraft): Promise<Receipt> {
    const { promise, resolve, reject } = Promise.withResolvers<Receipt>();
    this.#queue.push({ draft, resolve, reject });
    this.#queuedBytes += draft.sizeBytes;
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
    for (const { draft } of this.#queue) {
      if (count === MAX_COMMIT_RECORDS || (count > 0 && sizeBytes > MAX_COMMIT_BYTES)) {
        break;
      }
      count += 1;
      sizeBytes += draft.sizeBytes;
    }
    this.#queuedBytes -= sizeBytes;
    return this.#queue.splice(0, count);
  }

  async #commit(batch: readonly Waiting[]): Promise<boolean> {
    const { lane, signer, sink } = this.#options;
    const window = this.#window;
    const markers = window === undefined ? [] : this.#windowDrafts(window);
    const drafts = [...markers, ...batch.map(({ draft }) => draft)];
    if (drafts.length === 0) {
      return true;
    }
    try {
      const commit = sealCommit(lane, this.#head, drafts, signer);
      await sink.write(commit);
      this.#head = commit.head;
      this.#window = remaining(this.#window, window);
      this.#resolve(batch, commit, markers.length);
      return true;
    } catch (error) {
      this.#refuse(systemCode(error) ?? 'write_failed', batch.length);
      for (const { reject } of batch) {
        reject(
          new LedgerFault('write_failed', 'the record could not be made durable', { cause: error }),
        );
      }
      return false;
    }
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

  #refuse(cause: string, count: number): void {
    const window = this.#window ?? { since: this.#options.now(), cause, refused: 0 };
    this.#window = { ...window, refused: window.refused + count };
  }

  /** Nothing could be recorded when the window began, so both ends are recorded when it is over. */
  #windowDrafts(window: DegradedWindow): readonly PreparedDraft[] {
    const { since, cause, refused } = window;
    return [
      prepareDraft({ type: 'degraded.enter', ts: since, detail: { cause } }),
      prepareDraft({
        type: 'degraded.exit',
        ts: this.#options.now(),
        detail: { cause, since, refused },
      }),
    ];
  }
}

/** What was refused while the window's own records were being written opens the next one. */
function remaining(
  now: DegradedWindow | undefined,
  written: DegradedWindow | undefined,
): DegradedWindow | undefined {
  const refused = (now?.refused ?? 0) - (written?.refused ?? 0);
  return now === undefined || refused === 0 ? undefined : { ...now, refused };
}

/** The operating system's word for a failure, such as ENOSPC; a constant, never a value. */
function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
