// Recorded messages on a terminal: laid out, bounded, and with nothing in them that a terminal would obey.

import { layOutJson } from '#core/display/pretty-json.ts';
import type { RecordedPayload } from '#core/evidence/record.ts';
import type { RecordedMessage, Unshown } from '#platform/file/recorded-messages.ts';
import { printable } from './printable.ts';

/** A screen or three for each message; --json prints all of it. */
const LAYOUT = { maxLines: 120, maxLineChars: 2000 };
const MAX_REDACTIONS = 20;

const WHY: Readonly<Record<Unshown, string>> = {
  no_key: 'encrypted; see --recording-key',
  key_other: 'encrypted for another recording key',
  missing: 'shredded, or not in this directory',
  changed: 'CHANGED since it was recorded; see "gatehouse evidence verify"',
};

/** Lines of one message, indented, each ending in a newline. */
export function messageText(payload: RecordedPayload, message: RecordedMessage): string {
  if (message.kind === 'unshown') {
    return indented([`(${payload.sizeBytes} bytes, ${WHY[message.why]})`]);
  }
  const { lines, omittedChars } = layOutJson(message.text, LAYOUT);
  const notes = [
    ...(omittedChars > 0 ? [`… ${omittedChars} more characters; --json prints them`] : []),
    ...(payload.truncated ? ['… the message was longer than what is recorded'] : []),
    ...redactionLines(message),
  ];
  return indented([...lines, ...notes]);
}

function redactionLines({
  redactions,
  unlisted,
}: Extract<RecordedMessage, { kind: 'shown' }>): readonly string[] {
  const shown = redactions.slice(0, MAX_REDACTIONS);
  const more = redactions.length - shown.length + unlisted;
  return [
    ...shown.map(
      ({ detector, pointer, action }) => `redacted: ${detector} at ${pointer} (${action})`,
    ),
    ...(more > 0 ? [`redacted: ${more} more`] : []),
  ];
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `    ${printable(line)}\n`).join('');
}

/** What to say once when messages were recorded and cannot be read here. */
export const HOW_TO_SEE =
  'Messages were recorded and are encrypted. To see them give the private half of the recording key:\n' +
  '  --recording-key gatehouse-trust.recording.key\n';
