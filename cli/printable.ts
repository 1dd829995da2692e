// Text of others on a terminal: tool names, subjects and reasons may hold anything, and what they hold
// must be seen, not obeyed.

import { UNSEEN, visible } from '#core/display/visible.ts';

/** The text with each character that a terminal would obey, or that hides others, written out. */
export function printable(text: string): string {
  return visible(text);
}

/** One JSON value and a newline: the same value, and nothing in it that a terminal would obey. */
export function printableJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent).replaceAll(UNSEEN, (unsafe) =>
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
