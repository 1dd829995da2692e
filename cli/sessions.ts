// `gatehouse sessions list` and `show`: who called what, what was decided and how it ended, and what was
// said where that was recorded, read back from the evidence of one data directory.

import type { RecordedMasking, RecordedPayload } from '#core/evidence/record.ts';
import type { TimelineEntry } from '#core/evidence/sessions.ts';
import type { RecordingReader, WantedBlob } from '#core/recordings/recorded-messages.ts';
import type { Command, CommandIo } from './command.ts';
import { requiredPlace, withSessions } from './evidence-place.ts';
import { onOff, text } from './flag-kinds.ts';
import { parseFlags } from './flags.ts';
import { printableJson } from './printable.ts';
import { openerFrom } from './recording-opener.ts';
import { HOW_TO_SEE, maskingText, messageText } from './recordings-text.ts';
import { REDIS_FLAGS } from './redis-flags.ts';
import { conclude, EXIT_NOT_FOUND, pickSession, readSessions } from './session-records.ts';
import { entryHead, listText, showText } from './sessions-text.ts';

const LIST_FLAGS = { data: text, ...REDIS_FLAGS, archive: text, json: onOff };
const SHOW_FLAGS = { ...LIST_FLAGS, recordingKey: text };

const LIST_USAGE = `Usage: gatehouse sessions list --data DIR | --redis URL [--archive DIR] [--json]

Lists the sessions recorded there, oldest first: who, since when, how many calls, how many were
denied and how many have no recorded outcome. Calls without a session are listed per principal,
client and day ("stateless-…"); callers that could not be identified, per day ("unproven-…").

  --data DIR            Directory given to "gatehouse run" as --data, or an archive.
  --redis URL           Redis given to "gatehouse run" as --redis, instead of --data.
  --redis-namespace NAME, --redis-ca FILE  As there.
  --archive DIR         Where "gatehouse evidence archive" put what it cut off there.
  --json                Print a JSON array of sessions.

This reads the evidence, it does not verify it: see "gatehouse evidence verify".
`;

const SHOW_USAGE = `Usage: gatehouse sessions show ID --data DIR | --redis URL [--archive DIR] [--recording-key FILE] [--json]

Shows one session as a timeline: time, who, what, decision, rule, outcome, milliseconds. Below it
stand the messages, as far as they were recorded (spec.evidence.record: Full) and the key is there,
with what masking took out of them. ID may be shortened to any beginning that only one session has.

  --data DIR            Directory given to "gatehouse run" as --data, or an archive.
  --redis URL           Redis given to "gatehouse run" as --redis, instead of --data.
  --redis-namespace NAME, --redis-ca FILE  As there.
  --archive DIR         Where "gatehouse evidence archive" put what it cut off there.
  --recording-key FILE  Private half of the recording key (./gatehouse-trust.recording.key).
  --json                Print one JSON object: session, timeline; messages whole.

This reads the evidence, it does not verify it: see "gatehouse evidence verify".
`;

export const sessionsList: Command = {
  name: 'sessions list',
  summary: 'List recorded sessions',
  usage: LIST_USAGE,
  async run(args, io) {
    const { flags } = parseFlags(LIST_FLAGS, args, io.env);
    return withSessions(requiredPlace(flags), async (recorded) => {
      const { summaries } = await readSessions(recorded, () => false);
      io.stdout(flags.json ? printableJson(summaries, 2) : listText(summaries));
      return 0;
    });
  },
};

export const sessionsShow: Command = {
  name: 'sessions show',
  summary: 'Show one session: its timeline, and its messages where they were recorded',
  usage: SHOW_USAGE,
  async run(args, io) {
    const operand = { name: 'ID', atLeast: 1, atMost: 1 };
    const { flags, operands } = parseFlags(SHOW_FLAGS, args, io.env, operand);
    const [wanted = ''] = operands;
    return withSessions(requiredPlace(flags), async (recorded) => {
      const index = await readSessions(recorded, (id) => id.startsWith(wanted));
      const session = pickSession(index.summaries, wanted, io);
      if (session === undefined) {
        return EXIT_NOT_FOUND;
      }
      const timeline = index.timeline(session.id);
      const opener = await openerFrom(flags.recordingKey);
      const reader = await recorded.recordings(blobsOf(timeline), opener);
      if (flags.json) {
        const entries = await withMessages(timeline, reader);
        io.stdout(printableJson({ session, timeline: entries }, 2));
      } else {
        io.stdout(showText(session, timeline));
        await printMessages(timeline, reader, io);
      }
      return conclude(reader.complaints, io);
    });
  },
};

function payloadsOf({ payload, answerPayload }: TimelineEntry): readonly RecordedPayload[] {
  return [payload, answerPayload].filter((each) => each !== undefined);
}

/** An exchange begins and ends in one process, and so in one lane. */
function blobsOf(timeline: readonly TimelineEntry[]): readonly WantedBlob[] {
  return timeline.flatMap((entry) =>
    payloadsOf(entry).map(({ blob }) => ({ lane: entry.lane, digest: blob })),
  );
}

async function printMessages(
  timeline: readonly TimelineEntry[],
  reader: RecordingReader,
  io: CommandIo,
): Promise<void> {
  if (!reader.hasKey && timeline.some((entry) => payloadsOf(entry).length > 0)) {
    io.stdout(`\n${HOW_TO_SEE}`);
  }
  for (const entry of timeline) {
    const told: string[] = [];
    for (const side of sidesOf(entry)) {
      const text = await sideText(side, reader);
      if (text !== '') {
        told.push(`  ${side.arrow}\n${text}`);
      }
    }
    if (told.length > 0) {
      io.stdout(`\n${entryHead(entry)}\n${told.join('')}`);
    }
  }
}

interface Side {
  /** To the server, or from it. */
  readonly arrow: '->' | '<-';
  readonly payload: RecordedPayload | undefined;
  readonly masking: RecordedMasking | undefined;
}

/** The message itself, and the answer to it. */
function sidesOf(entry: TimelineEntry): readonly Side[] {
  const isToServer = entry.direction === 'toServer';
  const { payload, masking, answerPayload, answerMasking } = entry;
  return [
    { arrow: isToServer ? '->' : '<-', payload, masking },
    { arrow: isToServer ? '<-' : '->', payload: answerPayload, masking: answerMasking },
  ];
}

/** The message where it can be read, with what was hidden in it; else that alone. */
async function sideText({ payload, masking }: Side, reader: RecordingReader): Promise<string> {
  const isShown = payload !== undefined && reader.hasKey;
  const message = isShown ? messageText(payload, await reader.read(payload)) : '';
  return message + (masking === undefined ? '' : maskingText(masking));
}

async function withMessages(
  timeline: readonly TimelineEntry[],
  reader: RecordingReader,
): Promise<readonly object[]> {
  const entries: object[] = [];
  for (const entry of timeline) {
    const { payload, answerPayload } = entry;
    entries.push({
      ...entry,
      ...(payload === undefined ? {} : { message: await reader.read(payload) }),
      ...(answerPayload === undefined ? {} : { answer: await reader.read(answerPayload) }),
    });
  }
  return entries;
}
