// The ledger in memory keeps every promise of the port.

import { describeLedger } from '#core/evidence/ledger.contract.ts';
import { MemoryLedger } from './ledger.ts';

describeLedger({
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
});
