import { expect } from 'chai';
import { LedgerFault } from '#core/evidence/ledger.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import { OwedRecords } from './owed-records.ts';

function draft(ts: string): RecordDraft {
  return { type: 'approval.expired', ts };
}

function failing(): Promise<never> {
  return Promise.reject(new LedgerFault('write_failed', 'the disk is full'));
}

describe('records that are owed', () => {
  it('are written in the order they were made, once each', async () => {
    const written: string[] = [];
    let fails = true;
    const owed = new OwedRecords(async ({ ts }) => {
      if (fails) return failing();
      return written.push(ts);
    });
    await owed.write(draft('1'));
    await owed.write(draft('2'));

    fails = false;
    await Promise.all([owed.write(draft('3')), owed.write(draft('4')), owed.settle()]);

    expect(written).to.deep.equal(['1', '2', '3', '4']);
    expect(owed.size).to.equal(0);
  });

  it('are bounded, and those given up are counted', async () => {
    const owed = new OwedRecords(failing);

    for (let count = 0; count < 4100; count += 1) await owed.write(draft('1'));

    expect([owed.size, owed.lost]).to.deep.equal([4096, 4]);
  });

  it('have room for what happened, however many were turned away meanwhile', async () => {
    const owed = new OwedRecords(failing);

    for (let count = 0; count < 4100; count += 1) await owed.write(draft('refusal'), 'turned away');
    await owed.write(draft('1'));

    expect([owed.size, owed.lost]).to.deep.equal([1025, 4100 - 1024]);
  });

  it('do not hide a fault of the writer, nor stop at it', async () => {
    const written: string[] = [];
    const owed = new OwedRecords(async ({ ts }) => {
      if (ts === 'bad') throw new TypeError('a bug');
      written.push(ts);
    });

    const thrown = await owed.write(draft('bad')).catch((error: unknown) => error);
    await owed.write(draft('good'));

    expect(thrown).to.be.instanceOf(TypeError);
    expect([written, owed.lost]).to.deep.equal([['good'], 1]);
  });

  it('are written at once also where one comes just as the last has been', async () => {
    for (let turns = 0; turns < 12; turns += 1) {
      const kept: unknown[] = [];
      const owed = new OwedRecords(async (draft) => kept.push(draft));
      const first = owed.write(draft('one'));
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();

      await Promise.all([first, owed.write(draft('two'))]);

      expect([kept.length, owed.size], `${turns} turns later`).to.deep.equal([2, 0]);
    }
  });
});
