// One recorded message on a page: what was said, as masked, and what masking took out; or why it cannot be
// shown.

import { type Html, html } from '#console/html.ts';
import type { RecordedPayload } from '#core/evidence/record.ts';
import type { RecordedMessage, Unshown } from '#core/recordings/recorded-messages.ts';
import { jsonBlock } from './json-block.ts';

const LAYOUT = { maxLines: 400, maxLineChars: 4000 };
const MAX_REDACTIONS = 50;

const WHY: Readonly<Record<Unshown, string>> = {
  no_key: 'sealed: this console was not given the recording key',
  key_other: 'sealed for another recording key',
  missing: 'shredded, or not in this directory',
  changed: 'CHANGED since it was recorded; run gatehouse evidence verify',
};

export function messageBlock(payload: RecordedPayload, message: RecordedMessage): Html {
  if (message.kind === 'unshown') {
    return html`<p class="hint">${payload.sizeBytes} bytes, ${WHY[message.why]}.</p>`;
  }
  const { redactions, unlisted } = message;
  const shown = redactions.slice(0, MAX_REDACTIONS);
  const more = redactions.length - shown.length + unlisted;
  return html`${jsonBlock(message.text, LAYOUT)}
${payload.truncated ? html`<p class="hint">The message was longer than what is recorded.</p>` : undefined}
${shown.length === 0 ? undefined : html`<ul class="redactions">${shown.map(({ detector, pointer, action }) => html`<li>${action}: ${detector} at <code>${pointer}</code></li>`)}${more === 0 ? undefined : html`<li>and ${more} more</li>`}</ul>`}`;
}
