// The approvals journal: what happened, line by line, each line durable before anybody hears of it.
// When it has grown well past what it says, it is written anew in one step.

import { dirname } from 'node:path';
import type { Entry } from '#core/approvals/book.ts';
import { AppendFile } from './append-file.ts';
import { DataDirFault } from './data-dir-fault.ts';
import { replaceDurably } from './durable.ts';
import {
  JOURNAL_HEADER,
  journalLine,
  journalLines,
  MAX_LINE_BYTES,
  parseJournalLine,
} from './journal-line.ts';
import { type FileLine, readLines } from './lines.ts';

/** Below this size a journal is not worth writing anew. */
const MIN_REWRITE_BYTES = 1024 * 1024;
/** How much larger than its content a journal may become. */
const MAX_GROWTH = 4;
const PRIVATE = 0o600;

export class Journal {
  readonly #path: string;
  /** Undefined after a rewrite whose file could not be opened. */
  #file: AppendFile | undefined;
  #sizeBytes: number;
  #rewriteAtBytes = MIN_REWRITE_BYTES;

  private constructor(path: string, file: AppendFile, sizeBytes: number) {
    this.#path = path;
    this.#file = file;
    this.#sizeBytes = sizeBytes;
  }

  /**
   * Opens the journal, made when there is none, after handing each entry in it to `apply`. A last line
   * cut short by a crash is cut off: nobody was told of it. Rejects with DataDirFault for any other
   * line that is not as it was written.
   */
  static async open(path: string, apply: (entry: Entry) => void): Promise<Journal> {
    const sizeBytes = (await replay(path, apply)) ?? (await begin(path));
    return new Journal(path, await AppendFile.open(path, sizeBytes), sizeBytes);
  }

  /** `texts` are entries as JSON. Resolves when all are durable; rejects when none is kept. */
  async append(texts: readonly string[]): Promise<void> {
    const line = journalLine(texts);
    this.#file ??= await AppendFile.open(this.#path, this.#sizeBytes);
    await this.#file.append(line);
    this.#sizeBytes += Buffer.byteLength(line) + 1;
  }

  get isBloated(): boolean {
    return this.#sizeBytes >= this.#rewriteAtBytes;
  }

  /** Writes the journal anew with these entries alone; a crash leaves the old file or the new. */
  async rewrite(entries: Iterable<Entry>): Promise<void> {
    // Should this fail, it is tried again only when there is more to gain.
    this.#rewriteAtBytes = this.#sizeBytes + MIN_REWRITE_BYTES;
    const bytes = fileOf(journalLines(entries));
    await replaceDurably(this.#path, bytes, PRIVATE);
    // From here on the old file has no name: nothing may be written to it any more.
    const old = this.#file;
    this.#file = undefined;
    this.#sizeBytes = bytes.length;
    this.#rewriteAtBytes = Math.max(MIN_REWRITE_BYTES, bytes.length * MAX_GROWTH);
    await old?.close();
    this.#file = await AppendFile.open(this.#path, this.#sizeBytes);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}

/** How many bytes of the file count; undefined when there is no file. */
async function replay(path: string, apply: (entry: Entry) => void): Promise<number | undefined> {
  try {
    let sizeBytes = 0;
    /** A bad line is a torn one only if no other follows. */
    let torn: FileLine | undefined;
    for await (const line of readLines(path, { maxLineBytes: MAX_LINE_BYTES })) {
      if (torn !== undefined) throw damaged(path, torn);
      const isRead = line.number === 1 ? isHeader(line) : applyLine(line, apply);
      if (isRead) sizeBytes += line.bytes.length + 1;
      else if (isTorn(line)) torn = line;
      else throw damaged(path, line);
    }
    if (sizeBytes === 0) throw damaged(path, { number: 1 });
    return sizeBytes;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function begin(path: string): Promise<number> {
  const bytes = fileOf([]);
  await replaceDurably(path, bytes, PRIVATE);
  return bytes.length;
}

function fileOf(lines: Iterable<string>): Buffer {
  return Buffer.from([JOURNAL_HEADER, ...lines].map((line) => `${line}\n`).join(''), 'utf8');
}

function isHeader(line: FileLine): boolean {
  return line.isWhole && Buffer.from(line.bytes).toString('utf8') === JOURNAL_HEADER;
}

function applyLine(line: FileLine, apply: (entry: Entry) => void): boolean {
  const entries = line.isWhole && !line.isTooLong ? parseJournalLine(line.bytes) : undefined;
  for (const entry of entries ?? []) apply(entry);
  return entries !== undefined;
}

/** Cut short, or kept in part by a disk that lost power: such a gap reads as zeros, JSON never does. */
function isTorn({ isWhole, isTooLong, bytes, number }: FileLine): boolean {
  return number > 1 && !isTooLong && (!isWhole || bytes.includes(0));
}

function damaged(path: string, line: Pick<FileLine, 'number'>): DataDirFault {
  return new DataDirFault(
    'data_invalid',
    `${path}:${line.number}: is not as it was written; restore the file, or move it out of ${dirname(path)} to begin without any approval`,
  );
}
