// The sessions of all logs in an archive, also while it grows.

import { indexSessions } from '#core/evidence/index-sessions.ts';
import {
  type RecordedSessions,
  recordingReader,
  type StoredBlobs,
  type WantedBlob,
} from '#core/recordings/recorded-messages.ts';
import { archivedLogFolder, archivedLogs } from './archive.ts';
import { openArchive } from './archive-source.ts';
import { findStoredBlobs } from './stored-blobs.ts';

/** Each reading rejects with ArchiveFault or the system's error when the archive cannot be read. */
export function archiveSessions(directory: string): RecordedSessions {
  return {
    sessions: async (isWanted) => {
      const logs = (await openArchive(directory, undefined)) ?? [];
      return indexSessions(
        logs.map(({ source }) => source),
        isWanted,
      );
    },
    recordings: async (wanted, opener) =>
      recordingReader(await findArchivedBlobs(directory, wanted), opener),
  };
}

export async function findArchivedBlobs(
  directory: string,
  wanted: readonly WantedBlob[],
): Promise<StoredBlobs> {
  const places: StoredBlobs[] = [];
  for (const log of (await archivedLogs(directory)) ?? []) {
    places.push(await findStoredBlobs(archivedLogFolder(directory, log), wanted));
  }
  return {
    read: async (digest) => {
      for (const place of places) {
        const found = await place.read(digest);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}
