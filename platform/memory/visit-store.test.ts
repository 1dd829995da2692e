// Visits in memory keep every promise of the port.

import { describeVisitStore } from '#core/identity/visit-store.contract.ts';
import { MemoryVisitStore } from './visit-store.ts';

describeVisitStore({
  name: 'visits in memory',
  open: async () => new MemoryVisitStore(() => Date.now()),
});
