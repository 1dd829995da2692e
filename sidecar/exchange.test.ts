import { expect } from 'chai';
import { LedgerFault } from '#core/evidence/ledger.ts';
import { MemoryLedger } from '#platform/memory/ledger.ts';
import { createClock } from '#platform/process/clock.ts';
import { Exchange } from './exchange.ts';
import { GATEHOUSE } from './own-message.ts';

const DECISION = { effect: 'Deny', reason: 'x'.repeat(400), policy: 'p' } as const;

function exchangeOn(ledger: MemoryLedger): Exchange {
  const recorded = { method: 'tools/call', direction: 'toServer', sizeBytes: 1 } as const;
  const facts = { id: 'e', principal: GATEHOUSE, revision: '2025-11-25', recorded } as const;
  // The snapshot is for those who judge; an exchange only carries it.
  return new Exchange(facts as unknown as Exchange['facts'], ledger, createClock());
}

function newLedger(backlog?: { count: number; sizeBytes: number }): MemoryLedger {
  const now = () => createClock().timestamp();
  return new MemoryLedger({ version: '0', now, ...(backlog === undefined ? {} : { backlog }) });
}

const typesIn = ({ lines }: MemoryLedger): readonly string[] =>
  lines.flatMap((line) =>
    [...line.matchAll(/"type":"(intent|outcome)"/g)].map(([, type = '']) => type),
  );

const faultOf = (promise: Promise<void>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('an exchange', () => {
  it('shares one commit between the intent and the outcome of a refusal', async () => {
    const ledger = newLedger();
    const exchange = exchangeOn(ledger);

    await Promise.all([exchange.intend(DECISION), exchange.conclude({ status: 'refused' })]);

    expect(typesIn(ledger)).to.deep.equal(['intent', 'outcome']);
    expect(ledger.lines).to.have.length(2);
  });

  it('ends as unknown after a fault of ours, unless it never began', async () => {
    const [begun, never] = [newLedger(), newLedger()];
    const exchange = exchangeOn(begun);
    await exchange.intend(DECISION);

    await exchange.abandon();
    await exchangeOn(never).abandon();

    expect(typesIn(begun)).to.deep.equal(['intent', 'outcome']);
    expect(begun.lines.at(-1)).to.include('"unknown"');
    expect(exchange.stop.signal.aborted).to.equal(true);
    expect(typesIn(never)).to.deep.equal([]);
  });

  it('has one outcome, the first', async () => {
    const ledger = newLedger();
    const exchange = exchangeOn(ledger);
    await exchange.intend(DECISION);

    await exchange.conclude({ status: 'timeout' });
    await exchange.conclude({ status: 'ok' });

    expect(typesIn(ledger)).to.deep.equal(['intent', 'outcome']);
    expect(ledger.lines.at(-1)).to.include('"timeout"');
  });

  it('writes no outcome after an intent that was lost, though the ledger could again', async () => {
    const ledger = newLedger();
    const exchange = exchangeOn(ledger);
    ledger.failWith(new Error('full'));
    const lost = await faultOf(exchange.intend(DECISION));
    ledger.failWith(undefined);
    // Ends the ledger's own trouble.
    await exchangeOn(ledger).intend(DECISION);

    const fault = await faultOf(exchange.conclude({ status: 'refused' }));

    expect(lost).to.be.instanceOf(LedgerFault);
    expect(fault).to.be.instanceOf(LedgerFault);
    expect(typesIn(ledger)).to.deep.equal(['intent']);
  });

  it('writes no outcome beside an intent for which there was no room', async () => {
    const ledger = newLedger({ count: 10, sizeBytes: 500 });
    const exchange = exchangeOn(ledger);

    const faults = await Promise.all([
      faultOf(exchange.intend(DECISION)),
      faultOf(exchange.conclude({ status: 'refused' })),
    ]);

    expect(faults.every((fault) => fault instanceof LedgerFault)).to.equal(true);
    expect(typesIn(ledger)).to.deep.equal([]);
  });
});
