// `gatehouse sessions list` and `show`: who called what, what was decided and how it ended, read back
// from the evidence of one data directory.

import { readCommit } from '#core/evidence/commit.ts';
import { SessionIndex, type SessionSummary } from '#core/evidence/sessions.ts';
import { openEvidence } from '#platform/file/evidence-source.ts';
import { type Command, type CommandIo, UsageError } from './command.ts';
import { onOff, required, text } from './flag-kinds.ts';
import { parseFlags } from './flags.ts';
import { listText, showText } from './sessions-text.ts';

const EXIT_NOT_FOUND = 1;
const FLAGS = { data: required(text), json: onOff };

const LIST_USAGE = `Usage: gatehouse sessions list --data DIR [--json]

Lists the sessions recorded in DIR, oldest first: who, since when, how many calls, how many were
denied and how many have no recorded outcome. Calls without a session are listed per principal,
client and day ("stateless-…"); callers that could not be identified, per day ("unproven-…").

  --data DIR  Directory given to "gatehouse run" as --data.
  --json      Print a JSON array of sessions.

This reads the evidence, it does not verify it: see "gatehouse evidence verify".
`;

const SHOW_USAGE = `Usage: gatehouse sessions show ID --data DIR [--json]

Shows one session as a timeline: time, who, what, decision, rule, outcome, milliseconds. ID may be
shortened to any beginning that only one session has.

  --data DIR  Directory given to "gatehouse run" as --data.
  --json      Print one JSON object: session, timeline.

This reads the evidence, it does not verify it: see "gatehouse evidence verify".
`;

export const sessionsList: Command = {
  name: 'sessions list',
  summary: 'list recorded sessions',
  usage: LIST_USAGE,
  async run(args, io) {
    const { flags } = parseFlags(FLAGS, args, io.env);
    const { summaries } = await readSessions(flags.data, () => false);
    io.stdout(flags.json ? json(summaries) : listText(summaries));
    return 0;
  },
};

export const sessionsShow: Command = {
  name: 'sessions show',
  summary: 'show one session as a timeline',
  usage: SHOW_USAGE,
  async run(args, io) {
    const operand = { name: 'ID', atLeast: 1, atMost: 1 };
    const { flags, operands } = parseFlags(FLAGS, args, io.env, operand);
    const [wanted = ''] = operands;
    const index = await readSessions(flags.data, (id) => id.startsWith(wanted));
    const session = pick(index.summaries, wanted, io);
    if (session === undefined) {
      return EXIT_NOT_FOUND;
    }
    const timeline = index.timeline(session.id);
    io.stdout(flags.json ? json({ session, timeline }) : showText(session, timeline));
    return 0;
  },
};

async function readSessions(
  dataDir: string,
  isWanted: (session: string) => boolean,
): Promise<SessionIndex> {
  const index = new SessionIndex(isWanted);
  const { lanes } = await openOrComplain(dataDir);
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

async function openOrComplain(dataDir: string) {
  try {
    return await openEvidence(dataDir, undefined);
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'syscall' in error) {
      throw new UsageError(
        `--data: the directory cannot be read (${String(error.code)}); name the one given to "gatehouse run"`,
      );
    }
    throw error;
  }
}

function pick(
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

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
