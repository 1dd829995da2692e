// Recorded messages on a terminal: laid out, bounded, and with nothing in them that a terminal would obey.

import { layOutJson } from '#core/display/pretty-json.ts';
import type { RecordedMasking, RecordedPayload } from '#core/evidence/record.ts';
import type { RecordedMessage, Unshown } from '#core/recordings/recorded-messages.ts';
import { printable } from './printable.ts';

/** A screen or three for each message; --json prints all of it. */
const LAYOUT = { maxLines: 120, maxLineChars: 2000 };

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
  ];
  return indented([...lines, ...notes]);
}

/** Lines of what masking did to one message, indented. */
export function maskingText({ redactions, withheld, observed }: RecordedMasking): string {
  const would = observed === true ? 'would be ' : '';
  return indented([
    ...redactions.map(({ detector, pointer, action, count }) => {
      const where = pointer === '' ? 'elsewhere' : `at ${pointer}`;
      const times = count === 1 ? '' : `, ${count} times`;
      return `${would}redacted: ${detector} ${where} (${action}${times})`;
    }),
    ...(withheld === undefined ? [] : [`${would}withheld: ${withheld}`]),
  ]);
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `    ${printable(line)}\n`).join('');
}

/** What to say once when messages were recorded and cannot be read here. */
export const HOW_TO_SEE =
  'Messages were recorded and are encrypted. To see them give the private half of the recording key:\n' +
  '  --recording-key gatehouse-trust.recording.key\n';
