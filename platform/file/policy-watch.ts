// Tells when policy files say something new. Watches their folders, since editors replace files and
// Kubernetes swaps a symlink above them; looks now and then besides, since not every mount reports.

import { type FSWatcher, watch } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type PolicyDocument, type PolicyReading, readPolicyFiles } from './policy-file.ts';

export interface PolicyWatch {
  /** Idempotent; nothing is reported afterwards. */
  close(): void;
}

export interface PolicyWatchOptions {
  /** What the caller has already; without it the first reading is reported too. */
  readonly current?: readonly PolicyDocument[];
  /** Files must have been still for this long: a half-written policy may be a valid, weaker one. */
  readonly debounceMillis?: number;
  /** How often to look where no change was reported. */
  readonly pollMillis?: number;
  /** The files to read now, where paths may be folders; default: the paths themselves. */
  readonly list?: (paths: readonly string[]) => Promise<readonly string[]>;
  /** Default: they are read to be joined. */
  readonly read?: (files: readonly string[]) => Promise<PolicyReading>;
}

/**
 * Calls `onChange` with each new reading, good or bad, one at a time and in order. Reports
 * unreadable files as problems; never throws.
 */
export function watchPolicyFiles(
  paths: readonly string[],
  onChange: (reading: PolicyReading) => void,
  options: PolicyWatchOptions = {},
): PolicyWatch {
  return new FileWatch(paths, onChange, options);
}

class FileWatch implements PolicyWatch {
  readonly #paths: readonly string[];
  readonly #onChange: (reading: PolicyReading) => void;
  readonly #debounceMillis: number;
  readonly #list: NonNullable<PolicyWatchOptions['list']>;
  readonly #readFiles: NonNullable<PolicyWatchOptions['read']>;
  readonly #poll: NodeJS.Timeout;
  /** By folder and inode: a folder that was replaced needs a new watcher. */
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  #mustLookAgain = false;
  #isClosed = false;
  /** What was reported last, to report nothing twice. */
  #reported: string | undefined;
  /** How the files stood at the last look, and when they were last read. */
  #seen: string | undefined;
  #read: string | undefined;

  constructor(
    paths: readonly string[],
    onChange: (reading: PolicyReading) => void,
    options: PolicyWatchOptions,
  ) {
    const { current, debounceMillis = 50, pollMillis = 5000 } = options;
    this.#paths = paths;
    this.#onChange = onChange;
    this.#debounceMillis = debounceMillis;
    this.#list = options.list ?? (async () => paths);
    this.#readFiles = options.read ?? readPolicyFiles;
    if (current !== undefined) this.#reported = substanceOf({ ok: true, documents: current });
    this.#poll = setInterval(() => this.#schedule(), pollMillis).unref();
    this.#schedule();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#poll);
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #schedule(): void {
    if (this.#isClosed) return;
    if (this.#isLooking) {
      this.#mustLookAgain = true;
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#look();
    }, this.#debounceMillis).unref();
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    try {
      const files = await this.#list(this.#paths);
      await this.#watchFolders(files);
      await this.#readWhenStill(files);
    } finally {
      this.#isLooking = false;
    }
    if (this.#mustLookAgain) {
      this.#mustLookAgain = false;
      this.#schedule();
    }
  }

  async #readWhenStill(files: readonly string[]): Promise<void> {
    const seen = await traceOf(files);
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#mustLookAgain = true;
      return;
    }
    if (seen === this.#read) return;
    const reading = await this.#readFiles(files);
    if ((await traceOf(await this.#list(this.#paths))) !== seen) {
      this.#mustLookAgain = true;
      return;
    }
    this.#read = seen;
    const substance = substanceOf(reading);
    if (this.#isClosed || substance === this.#reported) return;
    this.#reported = substance;
    this.#onChange(reading);
  }

  /** Watches begin before the look that follows them, so that no change falls between. */
  async #watchFolders(files: readonly string[]): Promise<void> {
    // Paths that are folders too, with nothing in them yet.
    const wanted = await foldersOf([...files, ...this.#paths.map((path) => `${path}/.`)]);
    if (this.#isClosed) return;
    for (const [key, watcher] of this.#watchers) {
      if (wanted.has(key)) continue;
      watcher.close();
      this.#watchers.delete(key);
    }
    for (const [key, folder] of wanted) {
      if (!this.#watchers.has(key)) this.#watchFolder(key, folder);
    }
  }

  #watchFolder(key: string, folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#schedule());
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(key);
      });
      this.#watchers.set(key, watcher);
    } catch {
      // Gone again, or the system has no watches left: the poll looks after it.
    }
  }
}

/** Where the files are named and where they really lie, by folder and inode. */
async function foldersOf(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const folders = paths.map(async (path) => {
    const real = await realpath(path).catch(() => path);
    return [dirname(path), dirname(real)];
  });
  const distinct = [...new Set((await Promise.all(folders)).flat())];
  const keyed = distinct.map(async (folder): Promise<readonly [string, string]> => {
    const inode = await stat(folder).then(
      ({ ino }) => String(ino),
      () => 'none',
    );
    return [`${folder}#${inode}`, folder];
  });
  return new Map(await Promise.all(keyed));
}

/** Equal when, as far as the file system can tell, nothing was written in between. */
async function traceOf(paths: readonly string[]): Promise<string> {
  const traces = paths.map((path) =>
    stat(path, { bigint: true }).then(
      ({ dev, ino, size, mtimeNs, ctimeNs }) => [path, dev, ino, size, mtimeNs, ctimeNs].join(':'),
      () => 'none',
    ),
  );
  return (await Promise.all(traces)).join(' ');
}

function substanceOf(reading: PolicyReading): string {
  return reading.ok
    ? JSON.stringify(reading.documents.map(({ file, digest }) => [file, digest]))
    : JSON.stringify(reading.problems);
}
