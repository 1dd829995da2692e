// `gatehouse sessions replay`: a session once more, step by step and in its own time, as it went past the
// gateway. Nothing is sent anywhere.

import { setTimeout as delay } from 'node:timers/promises';
import { type ReplayStep, replaySteps } from '#core/evidence/replay.ts';
import type { RecordingReader } from '#core/recordings/recorded-messages.ts';
import type { Command, CommandIo } from './command.ts';
import { requiredPlace, withSessions } from './evidence-place.ts';
import { integer, onOff, text } from './flag-kinds.ts';
import { parseFlags } from './flags.ts';
import { printableJson } from './printable.ts';
import { openerFrom } from './recording-opener.ts';
import { HOW_TO_SEE, maskingText, messageText } from './recordings-text.ts';
import { REDIS_FLAGS } from './redis-flags.ts';
import { gapText, stepJson, stepText } from './replay-text.ts';
import { conclude, EXIT_NOT_FOUND, pickSession, readSessions } from './session-records.ts';

/** As a shell says it of a program that Ctrl-C ended. */
const EXIT_INTERRUPTED = 130;
/** Nobody waits through a lunch break once more. */
const LONGEST_WAIT_MILLIS = 3000;

const FLAGS = {
  data: text,
  ...REDIS_FLAGS,
  archive: text,
  recordingKey: text,
  speed: integer(0, 1000),
  json: onOff,
};

const USAGE = `Usage: gatehouse sessions replay ID --data DIR | --redis URL [--archive DIR] [--recording-key FILE] [--speed N] [--json]

Steps through one session as it went past: what was sent (->), what came back (<-), and when. Messages
are shown as far as they were recorded (spec.evidence.record: Full) and the key is there. Nothing is
sent anywhere. ID may be shortened to any beginning that only one session has.

  --data DIR            Directory given to "gatehouse run" as --data, or an archive.
  --redis URL           Redis given to "gatehouse run" as --redis, instead of --data.
  --redis-namespace NAME, --redis-ca FILE  As there.
  --archive DIR         Where "gatehouse evidence archive" put what it cut off there.
  --recording-key FILE  Private half of the recording key (./gatehouse-trust.recording.key).
  --speed N             N times as fast as it was (1); 0 does not wait. No wait is over 3 seconds.
  --json                Print one JSON object per line and step; does not wait unless --speed is given.

This reads the evidence, it does not verify it: see "gatehouse evidence verify".
`;

export const sessionsReplay: Command = {
  name: 'sessions replay',
  summary: 'Step through one session in its own time',
  usage: USAGE,
  async run(args, io) {
    const operand = { name: 'ID', atLeast: 1, atMost: 1 };
    const { flags, operands } = parseFlags(FLAGS, args, io.env, operand);
    const [wanted = ''] = operands;
    return withSessions(requiredPlace(flags), async (recorded) => {
      const index = await readSessions(recorded, (id) => id.startsWith(wanted));
      const session = pickSession(index.summaries, wanted, io);
      if (session === undefined) {
        return EXIT_NOT_FOUND;
      }
      const steps = replaySteps(index.records(session.id));
      const blobs = steps.flatMap(({ lane, payload }) =>
        payload === undefined ? [] : [{ lane, digest: payload.blob }],
      );
      const reader = await recorded.recordings(blobs, await openerFrom(flags.recordingKey));
      if (!flags.json && blobs.length > 0 && !reader.hasKey) {
        io.stdout(`${HOW_TO_SEE}\n`);
      }
      const speed = flags.speed ?? (flags.json ? 0 : 1);
      return play(steps, { reader, speed, asJson: flags.json }, io);
    });
  },
};

interface Playing {
  readonly reader: RecordingReader;
  /** 0: as fast as it can be printed. */
  readonly speed: number;
  readonly asJson: boolean;
}

async function play(
  steps: readonly ReplayStep[],
  playing: Playing,
  io: CommandIo,
): Promise<number> {
  const { reader, speed, asJson } = playing;
  let sinceStartMillis = 0;
  for (const step of steps) {
    sinceStartMillis += step.gapMillis;
    const waitMillis = speed === 0 ? 0 : step.gapMillis / speed;
    if (!asJson && waitMillis > LONGEST_WAIT_MILLIS) {
      io.stdout(gapText(step.gapMillis));
    }
    if (!(await passes(Math.min(waitMillis, LONGEST_WAIT_MILLIS), io.stop))) {
      return EXIT_INTERRUPTED;
    }
    io.stdout(await shown(step, sinceStartMillis, playing));
  }
  return conclude(reader.complaints, io);
}

async function shown(
  step: ReplayStep,
  sinceStartMillis: number,
  { reader, asJson }: Playing,
): Promise<string> {
  const { payload, record } = step;
  const message = payload === undefined ? undefined : await reader.read(payload);
  if (asJson) {
    return printableJson(stepJson(step, sinceStartMillis, message));
  }
  const line = stepText(step, sinceStartMillis);
  const isShown = payload !== undefined && message !== undefined && reader.hasKey;
  const hidden = record.masking === undefined ? '' : maskingText(record.masking);
  return line + (isShown ? messageText(payload, message) : '') + hidden;
}

/** False when asked to stop meanwhile. */
async function passes(millis: number, stop: AbortSignal): Promise<boolean> {
  if (millis > 0 && !stop.aborted) {
    await delay(millis, undefined, { signal: stop }).catch(() => {});
  }
  return !stop.aborted;
}
