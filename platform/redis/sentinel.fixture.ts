// A Sentinel that watches one primary of tests and promotes its replica within a second.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startRedis, type TestRedis } from './redis-server.fixture.ts';
import { connectTo } from './stores.fixture.ts';

const DEADLINE_MS = 20_000;

export async function startSentinel(primary: TestRedis): Promise<TestRedis> {
  const conf = join(primary.folder, 'sentinel.conf');
  await writeFile(
    conf,
    [
      `sentinel monitor gate 127.0.0.1 ${primary.port} 1`,
      'sentinel down-after-milliseconds gate 500',
      'sentinel failover-timeout gate 2000',
      '',
    ].join('\n'),
  );
  return startRedis([conf, '--sentinel']);
}

/** Resolves when the replica follows and the Sentinel knows of it: it asks its primary every ten seconds. */
export async function untilWatched(replica: TestRedis, sentinel: TestRedis): Promise<void> {
  const [copy, watcher] = [await connectTo(replica.url), await connectTo(sentinel.url)];
  const deadline = performance.now() + DEADLINE_MS;
  try {
    for (;;) {
      const isUp = (await copy.info('replication')).includes('master_link_status:up');
      const known = await watcher.call('SENTINEL', 'REPLICAS', 'gate');
      if (isUp && Array.isArray(known) && known.length > 0) return;
      if (performance.now() > deadline) throw new Error('the Sentinel never knew of the replica');
      await delay(50);
    }
  } finally {
    copy.disconnect();
    watcher.disconnect();
  }
}
