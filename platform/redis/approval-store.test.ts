// The approval store in Redis keeps every promise of the port, on a real Redis.

import { describeApprovalStore } from '#core/approvals/store.contract.ts';
import { startRedis, type TestRedis } from './redis-server.fixture.ts';
import { clockOf, namespace, openStore } from './stores.fixture.ts';

describe('On a real Redis', () => {
  let redis: TestRedis;
  let count = 0;

  before(async () => {
    redis = await startRedis();
  });

  after(() => redis.stop());

  describeApprovalStore({
    name: 'The approval store in Redis',
    open: async (options) => {
      count += 1;
      const store = await openStore(redis.url, namespace(`test-${count}`), {
        ...options,
        clock: clockOf(options),
      });
      return { store, dispose: () => store.close() };
    },
  });
});
