// JSON on a page: laid out on lines, changing nothing in it, with the names set apart from the values.

import { type Html, html } from '#console/html.ts';
import { layOutJson } from '#core/display/pretty-json.ts';

/** An approver sees all of it: what is bound has at most 64 KiB. */
const WHOLE = { maxLines: 100_000, maxLineChars: 100_000 };
/** `  "name": rest`, as layOutJson writes it. */
const NAMED = /^(\s*)("(?:[^"\\]|\\.)*")(: )(.*)$/s;

export interface Bounds {
  readonly maxLines: number;
  readonly maxLineChars: number;
}

export function jsonBlock(text: string, bounds: Bounds = WHOLE): Html {
  const { lines, omittedChars } = layOutJson(text, bounds);
  const omitted =
    omittedChars === 0
      ? undefined
      : html`<p class="hint">${omittedChars} more characters are not shown here.</p>`;
  return html`<pre class="json" tabindex="0">${lines.map(jsonLine)}</pre>${omitted}`;
}

function jsonLine(line: string): Html {
  const [, indent, name, colon, value] = NAMED.exec(line) ?? [];
  return name === undefined
    ? html`${line}
`
    : html`${indent}<span class="name">${name}</span>${colon}${value}
`;
}
