// Text of others on a terminal: tool names, subjects and reasons may hold anything, and what they hold
// must be seen, not obeyed.

/** Controls (C0, DEL, C1), line separators, and characters that reorder or hide what stands around them. */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding these is the purpose.
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/** The text with each such character written out as `\u{…}`. */
export function printable(text: string): string {
  return text.replaceAll(
    UNSAFE,
    (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`,
  );
}

/** One JSON value and a newline: the same value, and nothing in it that a terminal would obey. */
export function printableJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent).replaceAll(UNSAFE, (unsafe) =>
    unsafe === '\n' ? unsafe : unsafe.split('').map(escaped).join(''),
  );
  return `${text}\n`;
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Rows as columns, two spaces apart; the last column is not padded. Cells must be printable. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    }
  }
  return rows
    .map((row) =>
      `${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')}`.trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
