// Opens a data directory for the verifier, also while a gateway writes to it: anchors first, then how
// far the checkpoints reach, then the lanes, so that each names only what the next already holds.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_CHECKPOINT_BYTES } from '#core/evidence/checkpoint.ts';
import { MAX_LINE_BYTES } from '#core/evidence/commit.ts';
import { laneOfBlobFile, parseLaneFileName } from '#core/evidence/lane.ts';
import type { EvidenceSource, StoredFile, StoredRecordings } from '#core/evidence/source.ts';
import { readAnchors } from './anchors.ts';
import { type ArchiveEnd, isWithin } from './archive-end.ts';
import { readBlobs } from './blob-entries.ts';
import { CHECKPOINTS_FILE, DRAFT_SUFFIX, LANES_DIR, RECORDINGS_DIR } from './layout.ts';
import { readLines } from './lines.ts';

/**
 * `publicKeyFile` names the trust key whose anchors are to be held against the data. Rejects with
 * the system's error when the directory cannot be read.
 */
export async function openEvidence(
  dataDir: string,
  publicKeyFile: string | undefined,
): Promise<EvidenceSource> {
  await readdir(dataDir);
  const anchors = publicKeyFile === undefined ? undefined : await readAnchors(publicKeyFile);
  return { anchors, ...(await openLog(dataDir, { prefix: '', end: undefined })) };
}

export interface LogShape {
  /** Stands before the names of its files. */
  readonly prefix: string;
  /** Where an archive of it ends; what lies beyond is not looked at. */
  readonly end: ArchiveEnd | undefined;
}

export async function openLog(
  folder: string,
  { prefix, end }: LogShape,
): Promise<Omit<EvidenceSource, 'anchors'>> {
  const checkpoints = await checkpointFile(folder, end?.checkpointsBytes);
  const isMeant = (name: string): boolean => end === undefined || isWithin(end, asLane(name));
  const names = (await namesIn(join(folder, LANES_DIR))).filter(isMeant);
  const isLane = (name: string): boolean => parseLaneFileName(name) !== undefined;
  const lanes = names.filter(isLane).sort(byOrdinal);
  const lanesFound = new Set(lanes.map((name) => parseLaneFileName(name)?.lane));
  const blobs = (await namesIn(join(folder, RECORDINGS_DIR))).filter(isMeant);
  const isBlobs = (name: string): boolean => lanesFound.has(laneOfBlobFile(name) ?? '');
  const source = {
    checkpoints,
    lanes: await Promise.all(lanes.map((name) => laneFile(folder, name, end))),
    recordings: new Map(blobs.filter(isBlobs).map((name) => recordingsFile(folder, name, end))),
    strays: [...strays(LANES_DIR, names, isLane), ...strays(RECORDINGS_DIR, blobs, isBlobs)],
  };
  return prefix === '' ? source : prefixed(source, prefix);
}

type LogFiles = Omit<EvidenceSource, 'anchors'>;

function prefixed({ checkpoints, lanes, recordings, strays: others }: LogFiles, prefix: string) {
  const under = <File extends { readonly name: string }>(file: File): File => ({
    ...file,
    name: `${prefix}/${file.name}`,
  });
  return {
    checkpoints: checkpoints && under(checkpoints),
    lanes: lanes.map(under),
    recordings: new Map([...(recordings ?? [])].map(([lane, file]) => [lane, under(file)])),
    strays: others.map((name) => `${prefix}/${name}`),
  };
}

function asLane(name: string): string {
  return name.replace(/\.blobs$/, '.jsonl');
}

function isLastLane(name: string, end: ArchiveEnd | undefined): boolean {
  return parseLaneFileName(asLane(name))?.ordinal === end?.newest.checkpoint.ordinal;
}

function strays(
  folder: string,
  names: readonly string[],
  belongs: (name: string) => boolean,
): readonly string[] {
  return names
    .filter((name) => !belongs(name) && !name.endsWith(DRAFT_SUFFIX))
    .map((name) => `${folder}/${name}`);
}

/** Read to its end, wherever that is by then: the lanes only name what was there before them. */
function recordingsFile(
  folder: string,
  name: string,
  end: ArchiveEnd | undefined,
): readonly [string, StoredRecordings] {
  const sizeBytes = isLastLane(name, end) ? end?.recordingsBytes : undefined;
  const blobs = readBlobs(join(folder, RECORDINGS_DIR, name), sizeBytes);
  return [laneOfBlobFile(name) ?? '', { name: `${RECORDINGS_DIR}/${name}`, blobs }];
}

/** Not by text: the ordinal may outgrow its zeros. */
function byOrdinal(a: string, b: string): number {
  return (parseLaneFileName(a)?.ordinal ?? 0) - (parseLaneFileName(b)?.ordinal ?? 0);
}

async function checkpointFile(
  folder: string,
  archivedBytes: number | undefined,
): Promise<StoredFile | undefined> {
  const path = join(folder, CHECKPOINTS_FILE);
  const found = await sizeOrNone(path);
  const sizeBytes = found === undefined ? undefined : Math.min(found, archivedBytes ?? found);
  return sizeBytes === undefined
    ? undefined
    : {
        name: CHECKPOINTS_FILE,
        lines: readLines(path, { maxLineBytes: MAX_CHECKPOINT_BYTES, sizeBytes }),
      };
}

/** As large as it is now: a lane that is written faster than it is read would never end. */
async function laneFile(
  folder: string,
  name: string,
  end: ArchiveEnd | undefined,
): Promise<StoredFile> {
  const path = join(folder, LANES_DIR, name);
  const { size } = await stat(path);
  const sizeBytes = isLastLane(name, end) ? Math.min(size, end?.laneBytes ?? size) : size;
  return {
    name: `${LANES_DIR}/${name}`,
    lines: readLines(path, { maxLineBytes: MAX_LINE_BYTES, sizeBytes }),
  };
}

/** A folder that does not exist holds nothing. */
async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return [];
    }
    throw error;
  }
}

async function sizeOrNone(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
