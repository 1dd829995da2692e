// Approvals as a journal under the data directory: what was acknowledged survives kill -9 and a power
// cut, and steps that arrive together become durable together.

import { join } from 'node:path';
import {
  ApprovalBook,
  BOOK_LIMITS,
  type BookLimits,
  type Entry,
  type Step,
} from '#core/approvals/book.ts';
import { type BookKeeper, BookStore } from '#core/approvals/book-store.ts';
import { type ApprovalStore, ApprovalStoreFault } from '#core/approvals/store.ts';
import type { SignatureKey } from '#core/evidence/signature.ts';
import { type DataLock, lockDataDir } from './data-lock.ts';
import { syncFolder } from './durable.ts';
import { ignoreFileSizeSignal } from './file-size-signal.ts';
import { Journal } from './journal.ts';
import { FULL_LINE_BYTES } from './journal-line.ts';
import { APPROVALS_DIR, JOURNAL_FILE } from './layout.ts';
import { makeFolder } from './make-folder.ts';

export interface FileApprovalStoreOptions {
  readonly dataDir: string;
  /** Keys whose votes and grants count. */
  readonly trusted: readonly SignatureKey[];
  /** Whole milliseconds since 1970. */
  readonly nowMillis: () => number;
  readonly limits?: Partial<BookLimits>;
}

/**
 * Opens the store in `<dataDir>/approvals`, made when there is none. Rejects with DataDirFault when
 * another process writes there and when the journal is not as it was written.
 */
export async function openFileApprovalStore(
  options: FileApprovalStoreOptions,
): Promise<ApprovalStore> {
  const { dataDir, trusted, nowMillis, limits } = options;
  const folder = join(dataDir, APPROVALS_DIR);
  await makeFolder(folder);
  await syncFolder(dataDir);
  const lock = await lockDataDir(folder);
  try {
    const book = new ApprovalBook({ ...BOOK_LIMITS, ...limits }, trusted);
    const journal = await Journal.open(join(folder, JOURNAL_FILE), (entry) => book.apply(entry));
    const heedSignal = ignoreFileSizeSignal();
    const keeper = new JournalKeeper({ book, journal, lock, nowMillis, heedSignal });
    return new BookStore(keeper, nowMillis);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

interface Waiting {
  readonly decide: (book: ApprovalBook) => Step<unknown>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface KeeperParts {
  readonly book: ApprovalBook;
  readonly journal: Journal;
  readonly lock: DataLock;
  readonly nowMillis: () => number;
  /** Undoes ignoreFileSizeSignal. */
  readonly heedSignal: () => void;
}

/** More steps than this at once are more than any disk keeps up with. */
const MAX_WAITING = 4096;

class JournalKeeper implements BookKeeper {
  readonly kept: ApprovalBook;
  readonly #journal: Journal;
  readonly #lock: DataLock;
  readonly #nowMillis: () => number;
  /** What the next step is decided on: ahead of `kept` by what is being written. */
  #staged: ApprovalBook;
  readonly #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  readonly #heedSignal: () => void;
  #closed: Promise<void> | undefined;

  constructor({ book, journal, lock, nowMillis, heedSignal }: KeeperParts) {
    this.kept = book;
    this.#staged = book.copy(nowMillis());
    this.#journal = journal;
    this.#lock = lock;
    this.#nowMillis = nowMillis;
    this.#heedSignal = heedSignal;
  }

  async commit<Answer>(decide: (book: ApprovalBook) => Step<Answer>): Promise<Answer> {
    if (this.#closed !== undefined) throw new ApprovalStoreFault('closed', 'the store is closed');
    if (this.#waiting.length >= MAX_WAITING) {
      throw new ApprovalStoreFault('unavailable', 'more steps wait than can be written');
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let step: Step<Answer> | undefined;
    this.#waiting.push({
      decide: (book) => {
        step = decide(book);
        return step;
      },
      resolve,
      reject,
    });
    this.#writing ??= this.#writeAll();
    await promise;
    if (step === undefined) throw new ApprovalStoreFault('unavailable', 'the step was not decided');
    return step.answer;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#writing;
    try {
      await this.#journal.close();
    } finally {
      this.#heedSignal();
      await this.#lock.release();
    }
  }

  async #writeAll(): Promise<void> {
    // A turn later, so that all who come in this one share a write.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#writeBatch();
    this.#writing = undefined;
  }

  /** Never rejects: each step that waits is told how it went. */
  async #writeBatch(): Promise<void> {
    const { decided, entries, texts } = this.#decideBatch();
    try {
      if (texts.length > 0) await this.#journal.append(texts);
    } catch (cause) {
      this.#staged = this.kept.copy(this.#nowMillis());
      const fault = new ApprovalStoreFault('unavailable', 'approvals cannot be written', { cause });
      for (const { reject } of decided) reject(fault);
      return;
    }
    for (const entry of entries) this.kept.apply(entry);
    for (const { resolve } of decided) resolve();
    if (this.#journal.isBloated) await this.#rewrite();
  }

  /** Decides on what waits, as far as one line holds. */
  #decideBatch() {
    const decided: Waiting[] = [];
    const entries: Entry[] = [];
    const texts: string[] = [];
    let sizeBytes = 0;
    while (sizeBytes < FULL_LINE_BYTES) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) break;
      try {
        const { entry } = waiting.decide(this.#staged);
        decided.push(waiting);
        if (entry === undefined) continue;
        this.#staged.apply(entry);
        const text = JSON.stringify(entry);
        entries.push(entry);
        texts.push(text);
        sizeBytes += Buffer.byteLength(text);
      } catch (error) {
        waiting.reject(error);
      }
    }
    return { decided, entries, texts };
  }

  /** A journal that cannot be written anew stays as it is, and goes on. */
  async #rewrite(): Promise<void> {
    try {
      await this.#journal.rewrite(this.kept.entries(this.#nowMillis()));
    } catch {
      // The next append says so if the file cannot be written at all.
    }
  }
}
