// Fetches single recordings out of a data directory, by lane and digest.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { laneOfBlobFile } from '#core/evidence/lane.ts';
import type { StoredBlobs, WantedBlob } from '#core/recordings/recorded-messages.ts';
import { type BlobPlace, locateBlobs, readBlobAt } from './blob-entries.ts';
import { RECORDINGS_DIR } from './layout.ts';

/** Looks only into the files of the lanes that are asked for. */
export async function findStoredBlobs(
  dataDir: string,
  wanted: readonly WantedBlob[],
): Promise<StoredBlobs> {
  const byLane = Map.groupBy(wanted, ({ lane }) => lane);
  const places = new Map<string, BlobPlace>();
  for (const name of await blobFileNames(dataDir)) {
    const digests = (byLane.get(laneOfBlobFile(name) ?? '') ?? []).map(({ digest }) => digest);
    if (digests.length > 0) {
      const path = join(dataDir, RECORDINGS_DIR, name);
      for (const [digest, place] of await locateBlobs(path, new Set(digests))) {
        places.set(digest, place);
      }
    }
  }
  return {
    read: async (digest) => {
      const place = places.get(digest);
      return place === undefined ? undefined : readBlobAt(place);
    },
  };
}

async function blobFileNames(dataDir: string): Promise<readonly string[]> {
  try {
    return await readdir(join(dataDir, RECORDINGS_DIR));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return [];
    }
    throw error;
  }
}
