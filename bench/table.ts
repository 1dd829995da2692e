// Figures as a table of Markdown, as docs/performance.md holds them.

export type TableRow = Readonly<Record<string, string | number>>;

/** All rows have the columns of the first. */
export function table(rows: readonly TableRow[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const lines = [
    columns,
    columns.map(() => '---'),
    ...rows.map((row) => columns.map((each) => row[each])),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
