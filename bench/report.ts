// Turns the measured cells into medians and ratios, and those into the table that people read.

import { median } from './median.ts';

export interface Cell {
  readonly column: string;
  readonly connections: number;
  /** CPU of what stands in between, per call; 0 where nothing does. */
  readonly cpuMicros: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly requestsPerSecond: number;
}

export interface Row extends Cell {
  /** Added p50: over the direct path. */
  readonly addedP50Micros: number;
  /** To nginx in the same repetition; absent for the direct path. */
  readonly cpuRatio?: number;
  readonly addedP50Ratio?: number;
}

export interface Summary {
  readonly quick: boolean;
  readonly repetitions: number;
  /** One append of 1 KB and fdatasync on the disk of the evidence. */
  readonly durableWriteMicros: number;
  readonly rows: readonly Row[];
  readonly budgets: readonly Budget[];
  /** No figure so far off that the bench or the product must be broken. */
  readonly isSane: boolean;
}

export interface Budget {
  readonly what: string;
  readonly limit: number;
  readonly measured: number;
  readonly unit: 'x' | 'durable writes';
}

/** Far beyond what noise can do: a quick run gates on nothing finer. */
const INSANE_RATIO = 100;

const MEMORY = 'gatehouse, memory';
const DURABLE = 'gatehouse, durable';
const BARE = 'bare proxy';

export function summarize(
  cells: readonly Cell[],
  writeMicros: readonly number[],
  run: { readonly repetitions: number; readonly quick: boolean },
): Summary {
  const durableWriteMicros = median(writeMicros);
  const keys = [...new Set(cells.map(({ connections }) => connections))].flatMap((connections) =>
    [...new Set(cells.map(({ column }) => column))].map((column) => ({ column, connections })),
  );
  const rows = keys.map((key) => summarizeRow(cells, key));
  const isSane = rows.every(({ cpuRatio = 1 }) => cpuRatio < INSANE_RATIO);
  return { ...run, durableWriteMicros, rows, budgets: budgets(rows, durableWriteMicros), isSane };
}

interface Key {
  readonly column: string;
  readonly connections: number;
}

function summarizeRow(cells: readonly Cell[], key: Key): Row {
  const of = (column: string) =>
    cells.filter((cell) => cell.column === column && cell.connections === key.connections);
  const [own, direct, nginx] = [of(key.column), of('direct'), of('nginx')];
  const middle = (figure: (cell: Cell, repetition: number) => number) => median(own.map(figure));
  // Ratios are taken inside a repetition and only then is their middle taken: the machine drifts.
  const added = (column: readonly Cell[], repetition: number) =>
    column[repetition]!.p50Micros - direct[repetition]!.p50Micros;
  const row = {
    ...key,
    cpuMicros: middle(({ cpuMicros }) => cpuMicros),
    p50Micros: middle(({ p50Micros }) => p50Micros),
    p99Micros: middle(({ p99Micros }) => p99Micros),
    requestsPerSecond: middle(({ requestsPerSecond }) => requestsPerSecond),
    addedP50Micros: middle((_cell, repetition) => added(own, repetition)),
  };
  if (key.column === 'direct') return row;
  return {
    ...row,
    cpuRatio: middle((cell, repetition) => cell.cpuMicros / nginx[repetition]!.cpuMicros),
    addedP50Ratio: middle((_cell, repetition) => added(own, repetition) / added(nginx, repetition)),
  };
}

/** The goals that this table can speak to; each is a ratio, since absolute figures are the machine's. */
function budgets(rows: readonly Row[], durableWriteMicros: number): Budget[] {
  const row = (column: string, connections: number) =>
    rows.find((each) => each.column === column && each.connections === connections);
  const found: Budget[] = [];
  const [memory, durable] = [row(MEMORY, 1), row(DURABLE, 1)];
  const [loaded, bare] = [row(MEMORY, 64), row(BARE, 64)];
  if (memory?.addedP50Ratio !== undefined) {
    const measured = memory.addedP50Ratio;
    found.push({ what: 'added p50, one caller, to nginx', limit: 2, measured, unit: 'x' });
  }
  if (loaded?.cpuRatio !== undefined) {
    const measured = loaded.cpuRatio;
    found.push({ what: 'CPU per call, 64 callers, to nginx', limit: 6, measured, unit: 'x' });
  }
  if (loaded?.cpuRatio !== undefined && bare?.cpuRatio !== undefined) {
    const measured = loaded.cpuRatio - bare.cpuRatio;
    found.push({ what: 'CPU of all controls, in nginx hops', limit: 2, measured, unit: 'x' });
  }
  if (memory && durable) {
    const measured = (durable.p50Micros - memory.p50Micros) / durableWriteMicros;
    found.push({ what: 'price of durability', limit: 2.5, measured, unit: 'durable writes' });
  }
  return found;
}

export function renderReport(summary: Summary): string {
  const { rows, durableWriteMicros, repetitions, quick } = summary;
  const head = [
    'callers',
    'path',
    'CPU/call µs',
    'to nginx',
    'p50 µs',
    'added',
    'to nginx',
    'calls/s',
  ];
  const table = [head, ...rows.map(renderRow)];
  const widths = head.map((_, i) => Math.max(...table.map((line) => line[i]!.length)));
  const lines = table.map((line) => line.map((text, i) => align(text, widths[i]!, i)).join('  '));
  const goals = summary.budgets.map(renderBudget);
  return [
    'tools/call, 1 KB each way; medians of repetitions that visit each path in turn;',
    `record: Metadata, and Full where it says recording; masking: memory with every detector; ${repetitions} repetitions${quick ? ', QUICK: only a smoke test' : ''}`,
    '',
    ...lines,
    '',
    `one durable write (1 KB, fdatasync): ${durableWriteMicros.toFixed(0)} µs`,
    ...goals,
    '',
  ].join('\n');
}

function renderRow(row: Row): string[] {
  const ratio = (figure: number | undefined) =>
    figure === undefined ? '' : `${figure.toFixed(2)}x`;
  return [
    String(row.connections),
    row.column,
    row.cpuRatio === undefined ? '' : row.cpuMicros.toFixed(0),
    ratio(row.cpuRatio),
    row.p50Micros.toFixed(0),
    row.cpuRatio === undefined ? '' : `+${row.addedP50Micros.toFixed(0)}`,
    ratio(row.addedP50Ratio),
    row.requestsPerSecond.toFixed(0),
  ];
}

function renderBudget({ what, limit, measured, unit }: Budget): string {
  const verdict = measured <= limit ? 'holds' : 'MISSED';
  const suffix = unit === 'x' ? 'x' : ` ${unit}`;
  return `${verdict}: ${what}: ${measured.toFixed(2)}${suffix}, goal ${limit}${suffix}`;
}

/** Text to the left, figures to the right. */
function align(text: string, width: number, column: number): string {
  return column === 1 ? text.padEnd(width) : text.padStart(width);
}
