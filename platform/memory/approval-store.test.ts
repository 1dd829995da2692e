// The approval store in memory keeps every promise of the port.

import { describeApprovalStore } from '#core/approvals/store.contract.ts';
import { openMemoryApprovalStore } from './approval-store.ts';

describeApprovalStore({
  name: 'The approval store in memory',
  open: async (options) => {
    const store = openMemoryApprovalStore(options);
    return { store, dispose: () => store.close() };
  },
});
