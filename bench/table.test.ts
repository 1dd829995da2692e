import { expect } from 'chai';
import { table } from './table.ts';

describe('a table of figures', () => {
  it('has the columns of its first row, in their order', () => {
    expect(table([{ Policies: 1, Memory: '109 MiB' }])).to.equal(
      '| Policies | Memory |\n| --- | --- |\n| 1 | 109 MiB |\n',
    );
  });
});
