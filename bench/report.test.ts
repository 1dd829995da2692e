import { expect } from 'chai';
import { type Cell, renderReport, summarize } from './report.ts';

const RUN = { repetitions: 3, quick: false };

describe('the summary of a bench', () => {
  it('takes the ratio inside each repetition, so that drift of the machine cancels out', () => {
    const drift = [1, 10, 3];
    const cells = drift.flatMap((factor) => [
      cell('direct', { p50Micros: 10 * factor }),
      cell('nginx', { cpuMicros: 100 * factor, p50Micros: 110 * factor }),
      cell('gatehouse, memory', { cpuMicros: 300 * factor, p50Micros: 210 * factor }),
    ]);

    const { rows } = summarize(cells, [500], RUN);

    const row = rows.find(({ column }) => column === 'gatehouse, memory');
    expect(row).to.include({ cpuRatio: 3, addedP50Ratio: 2 });
  });

  it('states the price of durability in durable writes of the same run', () => {
    const cells = [
      cell('direct', {}),
      cell('nginx', {}),
      cell('gatehouse, memory', { p50Micros: 400 }),
      cell('gatehouse, durable', { p50Micros: 1600 }),
    ];

    const { budgets } = summarize(cells, [400, 600, 800], { ...RUN, repetitions: 1 });

    expect(budgets.find(({ unit }) => unit === 'durable writes')?.measured).to.equal(2);
  });

  it('calls a run insane when a path costs beyond all noise', () => {
    const cells = [
      cell('direct', {}),
      cell('nginx', {}),
      cell('bare proxy', { cpuMicros: 20_000 }),
    ];

    const { isSane } = summarize(cells, [400], { ...RUN, repetitions: 1 });

    expect(isSane).to.equal(false);
  });

  it('says in words which goal was missed', () => {
    const cells = [
      cell('direct', { p50Micros: 20 }),
      cell('nginx', { p50Micros: 120 }),
      cell('gatehouse, memory', { p50Micros: 520 }),
    ];

    const text = renderReport(summarize(cells, [400], { ...RUN, repetitions: 1 }));

    expect(text).to.include('MISSED: added p50, one caller, to nginx: 5.00x, goal 2x');
  });
});

function cell(column: string, figures: Partial<Cell>): Cell {
  const usual = { cpuMicros: 100, p50Micros: 100, p99Micros: 200, requestsPerSecond: 1000 };
  return { column, connections: 1, ...usual, ...figures };
}
