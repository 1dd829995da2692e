// The ledger in memory keeps every promise of the port.

import { describeLedger, type LedgerAdapter } from '#core/evidence/ledger.contract.ts';
import { describeLedgerRecordings } from '#core/evidence/ledger-recordings.contract.ts';
import { MemoryLedger } from './ledger.ts';

const ADAPTER: LedgerAdapter = {
  name: 'MemoryLedger',
  lacks: ['checkpoint_missing'],
  open: async (options) => {
    const ledger = new MemoryLedger({ version: '0.0.0-test', ...options });
    return {
      ledger,
      trust: ledger.trust,
      source: async () => ledger.source(),
      breakWrites: () => ledger.failWith(new Error('no space left')),
      mendWrites: () => ledger.failWith(undefined),
      dispose: async () => {},
    };
  },
};

describeLedger(ADAPTER);
describeLedgerRecordings(ADAPTER);
