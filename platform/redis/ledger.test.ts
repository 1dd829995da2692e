// The ledger in Redis keeps every promise of the port, on a real Redis.

import { describeLedger, type LedgerAdapter } from '#core/evidence/ledger.contract.ts';
import { describeLedgerRecordings } from '#core/evidence/ledger-recordings.contract.ts';
import type { EvidenceSource } from '#core/evidence/source.ts';
import type { RedisClient } from './client.ts';
import { LedgerBench } from './ledgers.fixture.ts';
import { startRedis, type TestRedis } from './redis-server.fixture.ts';
import { connectTo, namespace } from './stores.fixture.ts';

describe('On a real Redis', () => {
  let redis: TestRedis;
  let reader: RedisClient;
  let count = 0;

  before(async () => {
    redis = await startRedis();
    reader = await connectTo(redis.url);
  });

  after(async () => {
    reader.disconnect();
    await redis.stop();
  });

  const adapter: LedgerAdapter = {
    name: 'RedisLedger',
    lacks: [],
    open: async (options) => {
      count += 1;
      const bench = new LedgerBench(redis.url, namespace(`test-${count}`));
      const { ledger, client } = await bench.open(options);
      const setMemory = (bytes: string) => {
        client.config('SET', 'maxmemory', bytes).catch(() => {});
      };
      return {
        ledger,
        trust: bench.trust,
        source: async () => onlyOne(await bench.logs(reader)),
        breakWrites: () => setMemory('1'),
        mendWrites: () => setMemory('0'),
        dispose: async () => {},
      };
    },
  };

  describeLedger(adapter);
  describeLedgerRecordings(adapter);
});

function onlyOne([source]: readonly EvidenceSource[]): EvidenceSource {
  if (source === undefined) throw new Error('no log');
  return source;
}
