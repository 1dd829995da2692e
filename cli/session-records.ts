// What the commands about sessions share: reading the evidence of one directory, and finding the one
// session that is meant.

import type { SessionIndex, SessionSummary } from '#core/evidence/sessions.ts';
import type { RecordedSessions } from '#core/recordings/recorded-messages.ts';
import { ArchiveFault } from '#platform/file/archive-fault.ts';
import { codeOf } from '#platform/redis/client.ts';
import { type CommandIo, UsageError } from './command.ts';

export const EXIT_NOT_FOUND = 1;
/** The session is there, and something that was recorded of it cannot be read. */
const EXIT_UNREADABLE = 1;

/** Rejects with UsageError when the evidence cannot be read. */
export async function readSessions(
  recorded: RecordedSessions,
  isWanted: (session: string) => boolean,
): Promise<SessionIndex> {
  try {
    return await recorded.sessions(isWanted);
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'syscall' in error) {
      throw new UsageError(
        `--data: the directory cannot be read (${String(error.code)}); name the one given to "gatehouse run"`,
      );
    }
    if (error instanceof ArchiveFault) throw new UsageError(error.message);
    if (error instanceof Error && error.name === 'ReplyError') {
      throw new UsageError(
        `--redis: the evidence cannot be read (${codeOf(error)}); see docs/redis.md`,
      );
    }
    throw error;
  }
}

/** The only session whose id begins so; undefined, and said, when there is none or more than one. */
export function pickSession(
  sessions: readonly SessionSummary[],
  wanted: string,
  io: CommandIo,
): SessionSummary | undefined {
  const matches = sessions.filter(({ id }) => id.startsWith(wanted));
  const exact = matches.find(({ id }) => id === wanted);
  if (exact !== undefined || matches.length === 1) {
    return exact ?? matches[0];
  }
  io.stderr(
    matches.length === 0
      ? 'no session has this id; see "gatehouse sessions list"\n'
      : `${matches.length} sessions begin with this; give more of the id\n`,
  );
  return undefined;
}

/** Says what was wrong with the recordings that were read; the exit code. */
export function conclude(complaints: readonly string[], io: CommandIo): number {
  for (const complaint of complaints) {
    io.stderr(`${complaint}\n`);
  }
  return complaints.length === 0 ? 0 : EXIT_UNREADABLE;
}
