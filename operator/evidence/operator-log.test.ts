import { expect } from 'chai';
import { MAX_RECORD_BYTES, prepareDraft } from '#core/evidence/draft.ts';
import { type Ledger, LedgerFault } from '#core/evidence/ledger.ts';
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

  it('is not held up by what can be no record, and says so to who waits for that', async () => {
    const written: RecordDraft[] = [];
    const faults: unknown[] = [];
    const picky = ledger(written);
    const log = new OperatorLog({
      now: () => '2026-01-01T00:00:00.000000Z',
      open: async () => ({
        ...picky,
        append: async (draft) => {
          prepareDraft(draft);
          return picky.append(draft);
        },
      }),
      onFault: (error) => faults.push(error),
    });

    const refused = log
      .append({ type: 'policy.admitted', detail: { user: 'u'.repeat(MAX_RECORD_BYTES) } })
      .catch((error: unknown) => error);
    const behind = log.append({ type: 'policy.admitted', detail: { user: 'bob' } });

    expect(await refused).to.have.property('code', 'draft_invalid');
    await behind;
    await log.append({ type: 'policy.admitted', detail: { user: 'eve' } });
    await log.close();
    expect(written.map(({ detail }) => detail)).to.deep.equal([
      { user: 'bob' },
      { user: 'eve', lostBefore: 1 },
    ]);
    expect(faults).to.have.length(1);
  });

  it('goes on in another log when somebody else writes the one it had', async () => {
    const [first, second]: [RecordDraft[], RecordDraft[]] = [[], []];
    const reasons: string[] = [];
    let opened = 0;
    const log = new OperatorLog({
      now: () => '2026-01-01T00:00:00.000000Z',
      open: async (onFork) => {
        opened += 1;
        if (opened > 1) return ledger(second);
        const close = async (reason: string) => void reasons.push(reason);
        const append = async (draft: RecordDraft) => {
          if (first.length === 0) return ledger(first).append(draft);
          onFork();
          throw new LedgerFault('write_failed', 'forked');
        };
        return { ...ledger(first), append, close };
      },
      onFault: () => {},
    });

    for (const kind of ['a', 'b', 'c']) await log.append({ type: 'drift.found', detail: { kind } });
    await log.close();

    const kinds = (written: RecordDraft[]) => written.map(({ detail }) => detail?.kind);
    expect([kinds(first), kinds(second)]).to.deep.equal([['a'], ['b', 'c']]);
    expect(reasons).to.deep.equal(['forked']);
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
