import { expect } from 'chai';
import type { Ledger } from '#core/evidence/ledger.ts';
import type { RecordDraft } from '#core/evidence/record.ts';
import { OperatorLog } from './operator-log.ts';

describe('the operator’s evidence', () => {
  function ledger(written: RecordDraft[]): Ledger {
    return {
      lane: 'a',
      healthy: true,
      append: async (draft: RecordDraft) => {
        written.push(draft);
        return { lane: 'a', seq: written.length, hash: '' };
      },
      observe: () => {},
      close: async () => {},
    } as Ledger;
  }

  it('keeps its order, and what was said before it could be written', async () => {
    const written: RecordDraft[] = [];
    let tries = 0;
    const faults: unknown[] = [];
    const log = new OperatorLog({
      now: () => '2026-01-01T00:00:00.000000Z',
      open: async () => {
        tries += 1;
        if (tries === 1) throw new Error('away');
        return ledger(written);
      },
      onFault: (error) => faults.push(error),
    });

    for (const kind of ['a', 'b', 'c']) log.record({ type: 'drift.found', detail: { kind } });
    while (log.waiting > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await log.close();

    expect(written.map(({ detail }) => detail?.kind)).to.deep.equal(['a', 'b', 'c']);
    expect(faults).to.have.length(1);
  });

  it('tells who waits when a record is durable, and who cannot wait at once', async () => {
    const written: RecordDraft[] = [];
    const gate = Promise.withResolvers<Ledger>();
    const log = new OperatorLog({ now: () => '', open: () => gate.promise, onFault: () => {} });
    let isDurable = false;
    const waiting = log.append({ type: 'drift.found' }).then(() => {
      isDurable = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(isDurable).to.equal(false);
    gate.resolve(ledger(written));
    await waiting;
    await log.close();

    expect(written).to.have.length(1);
    expect(
      await log.append({ type: 'drift.found' }).catch((error: unknown) => error),
    ).to.have.property('code', 'operator_log_full');
  });

  it('says how many records it could not hold', async () => {
    const written: RecordDraft[] = [];
    const gate = Promise.withResolvers<Ledger>();
    const log = new OperatorLog({ now: () => '', open: () => gate.promise, onFault: () => {} });
    for (let at = 0; at < 5003; at += 1) log.record({ type: 'drift.found' });
    gate.resolve(ledger(written));
    while (log.waiting > 0) await new Promise((resolve) => setTimeout(resolve, 5));

    log.record({ type: 'drift.found' });
    await log.close();

    expect(written).to.have.length(5001);
    expect(written.at(-1)?.detail).to.deep.equal({ lostBefore: 3 });
  });
});
