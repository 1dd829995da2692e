// Opens a data directory for the verifier, also while a gateway writes to it: anchors first, then how
// far the checkpoints reach, then the lanes, so that each names only what the next already holds.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_CHECKPOINT_BYTES } from '#core/evidence/checkpoint.ts';
import { MAX_LINE_BYTES } from '#core/evidence/commit.ts';
import { laneOfBlobFile, parseLaneFileName } from '#core/evidence/lane.ts';
import type { EvidenceSource, StoredFile, StoredRecordings } from '#core/evidence/source.ts';
import { readAnchors } from './anchors.ts';
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
  const checkpoints = await checkpointFile(dataDir);
  const names = await namesIn(join(dataDir, LANES_DIR));
  const isLane = (name: string): boolean => parseLaneFileName(name) !== undefined;
  const lanes = names.filter(isLane).sort(byOrdinal);
  const lanesFound = new Set(lanes.map((name) => parseLaneFileName(name)?.lane));
  const blobs = await namesIn(join(dataDir, RECORDINGS_DIR));
  const isBlobs = (name: string): boolean => lanesFound.has(laneOfBlobFile(name) ?? '');
  return {
    anchors,
    checkpoints,
    lanes: await Promise.all(lanes.map((name) => laneFile(dataDir, name))),
    recordings: new Map(blobs.filter(isBlobs).map((name) => recordingsFile(dataDir, name))),
    strays: [...strays(LANES_DIR, names, isLane), ...strays(RECORDINGS_DIR, blobs, isBlobs)],
  };
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
function recordingsFile(dataDir: string, name: string): readonly [string, StoredRecordings] {
  const blobs = readBlobs(join(dataDir, RECORDINGS_DIR, name));
  return [laneOfBlobFile(name) ?? '', { name: `${RECORDINGS_DIR}/${name}`, blobs }];
}

/** Not by text: the ordinal may outgrow its zeros. */
function byOrdinal(a: string, b: string): number {
  return (parseLaneFileName(a)?.ordinal ?? 0) - (parseLaneFileName(b)?.ordinal ?? 0);
}

async function checkpointFile(dataDir: string): Promise<StoredFile | undefined> {
  const path = join(dataDir, CHECKPOINTS_FILE);
  const sizeBytes = await sizeOrNone(path);
  return sizeBytes === undefined
    ? undefined
    : {
        name: CHECKPOINTS_FILE,
        lines: readLines(path, { maxLineBytes: MAX_CHECKPOINT_BYTES, sizeBytes }),
      };
}

/** As large as it is now: a lane that is written faster than it is read would never end. */
async function laneFile(dataDir: string, name: string): Promise<StoredFile> {
  const path = join(dataDir, LANES_DIR, name);
  const { size: sizeBytes } = await stat(path);
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
