// The sessions of one data directory, also while a gateway writes to it.

import { indexSessions } from '#core/evidence/index-sessions.ts';
import { type RecordedSessions, recordingReader } from '#core/recordings/recorded-messages.ts';
import { openEvidence } from './evidence-source.ts';
import { findStoredBlobs } from './stored-blobs.ts';

/** Each reading rejects with the system's error when the directory cannot be read. */
export function fileSessions(dataDir: string): RecordedSessions {
  return {
    sessions: async (isWanted) => indexSessions([await openEvidence(dataDir, undefined)], isWanted),
    recordings: async (wanted, opener) =>
      recordingReader(await findStoredBlobs(dataDir, wanted), opener),
  };
}
