// How far the archive of a log reaches: what its markers say, and how long its files were by then. Bytes beyond belong to a
// step that was not brought to its end, and count for nobody.

import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArchiveMarker, parseMarker } from '#core/evidence/archive-marker.ts';
import { blobFileName, laneFileName, parseLaneFileName } from '#core/evidence/lane.ts';
import { ArchiveFault } from './archive-fault.ts';
import { replaceDurably, syncFolder } from './durable.ts';
import { CHECKPOINTS_FILE, LANES_DIR, RECORDINGS_DIR } from './layout.ts';

export interface ArchiveEnd {
  /** The newest last. */
  readonly markers: readonly string[];
  readonly newest: ArchiveMarker;
  /** Of the lane that the newest marker names. */
  readonly laneBytes: number;
  /** 0: no recordings of that lane. */
  readonly recordingsBytes: number;
  readonly checkpointsBytes: number;
}

const END_FILE = 'archived.json';

/** Undefined when nothing is archived; rejects with ArchiveFault when it is not as an archiver left it. */
export async function readArchiveEnd(folder: string): Promise<ArchiveEnd | undefined> {
  const file = join(folder, END_FILE);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const end = parseEnd(text);
  if (end === undefined) {
    throw new ArchiveFault(
      'archive_damaged',
      `${file}: is not what an archiver writes; restore it from a copy of the archive`,
    );
  }
  return end;
}

/** The same, for whoever goes on with it. */
export async function readWholeEnd(folder: string): Promise<ArchiveEnd | undefined> {
  const end = await readArchiveEnd(folder);
  if (end === undefined) return undefined;
  const { ordinal, lane } = end.newest.checkpoint;
  const files: readonly (readonly [string, number])[] = [
    [join(LANES_DIR, laneFileName(ordinal, lane)), end.laneBytes],
    [join(RECORDINGS_DIR, blobFileName(ordinal, lane)), end.recordingsBytes],
    [CHECKPOINTS_FILE, end.checkpointsBytes],
  ];
  for (const [name, sizeBytes] of files) {
    const path = join(folder, name);
    const found = await stat(path).then(
      ({ size }) => size,
      () => 0,
    );
    if (found >= sizeBytes) continue;
    throw new ArchiveFault(
      'archive_damaged',
      `${path}: holds ${found} bytes of the ${sizeBytes} that were archived; restore it from a copy of the archive`,
    );
  }
  return end;
}

export async function writeArchiveEnd(
  folder: string,
  end: Omit<ArchiveEnd, 'newest'>,
): Promise<void> {
  await replaceDurably(join(folder, END_FILE), Buffer.from(`${JSON.stringify(end)}\n`), 0o600);
  await syncFolder(folder);
}

/** Removes lanes that were only begun in a step that did not end. */
export async function removeUnfinished(folder: string, end: ArchiveEnd | undefined): Promise<void> {
  for (const part of [LANES_DIR, RECORDINGS_DIR]) {
    for (const name of await readdir(join(folder, part))) {
      const lane = name.replace(/\.blobs$/, '.jsonl');
      if (!isWithin(end, lane)) await rm(join(folder, part, name), { force: true });
    }
  }
}

/** Whether a lane of that name has its place in the archive. */
export function isWithin(end: ArchiveEnd | undefined, laneFile: string): boolean {
  const ordinal = parseLaneFileName(laneFile)?.ordinal ?? Number.POSITIVE_INFINITY;
  return end !== undefined && ordinal <= end.newest.checkpoint.ordinal;
}

function parseEnd(text: string): ArchiveEnd | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const fields = new Map<string, unknown>(Object.entries(value ?? {}));
    const markers = fields.get('markers');
    const sizes = ['laneBytes', 'recordingsBytes', 'checkpointsBytes'].map((name) =>
      Number(fields.get(name)),
    );
    const [laneBytes = -1, recordingsBytes = -1, checkpointsBytes = -1] = sizes;
    if (!Array.isArray(markers) || !markers.every((each) => typeof each === 'string')) return;
    const newest = parseMarker(markers.at(-1) ?? '');
    const isSized = sizes.every((size) => Number.isSafeInteger(size) && size >= 0);
    if (newest === undefined || !isSized) return undefined;
    return { markers, newest, laneBytes, recordingsBytes, checkpointsBytes };
  } catch {
    return undefined;
  }
}
