// Reads the sessions back out of the evidence of one data directory, also while a gateway writes to it.

import { readCommit } from '#core/evidence/commit.ts';
import { SessionIndex } from '#core/evidence/sessions.ts';
import { openEvidence } from './evidence-source.ts';

/**
 * Holds the records of the wanted sessions, and a summary of every other. Rejects with the system's
 * error when the directory cannot be read.
 */
export async function readSessionIndex(
  dataDir: string,
  isWanted: (session: string) => boolean,
): Promise<SessionIndex> {
  const index = new SessionIndex(isWanted);
  const { lanes } = await openEvidence(dataDir, undefined);
  for (const lane of lanes) {
    for await (const line of lane.lines) {
      // What is no commit is passed over: saying what it is, is the verifier's work.
      for (const { record } of readCommit(line)?.records ?? []) {
        index.add(record);
      }
    }
  }
  return index;
}
