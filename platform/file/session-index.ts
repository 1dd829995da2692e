// Reads the sessions back out of the evidence of one data directory, also while a gateway writes to it.

import { indexSessions } from '#core/evidence/index-sessions.ts';
import type { SessionIndex } from '#core/evidence/sessions.ts';
import { openEvidence } from './evidence-source.ts';

/**
 * Holds the records of the wanted sessions, and a summary of every other. Rejects with the system's
 * error when the directory cannot be read.
 */
export async function readSessionIndex(
  dataDir: string,
  isWanted: (session: string) => boolean,
): Promise<SessionIndex> {
  return indexSessions([await openEvidence(dataDir, undefined)], isWanted);
}
