// The logs of a namespace as an archiver finds them in Redis.

import type { HotLogs } from '#core/evidence/archiver.ts';
import { RedisArchiveLog } from './archive-log.ts';
import type { RedisClient } from './client.ts';
import { logNames } from './evidence-source.ts';
import { type RedisLedgerOptions, sealDeadLanes } from './ledger.ts';
import { parseInfo } from './posture.ts';

export interface RedisArchiveOptions extends RedisLedgerOptions {
  /** How long nothing may be heard of a gateway that still has its lane; default 5 minutes. */
  readonly deadAfterMillis?: number;
}

/** Above this much of its memory a Redis is cut off as far as it is archived, however new that is. */
const TIGHT_SHARE = 0.7;

/** Five heartbeats: a gateway that comes back to a lane that was sealed must be restarted. */
const DEAD_AFTER_MILLIS = 300_000;
/** By then each gateway has said again to a Redis that was restarted which log it writes. */
const RETURN_MILLIS = 30_000;

/** The connection stays its owner's; nothing else may stand in line on it. */
export function redisArchiveLogs(options: RedisArchiveOptions): HotLogs {
  const { client, namespace, now, deadAfterMillis = DEAD_AFTER_MILLIS } = options;
  return {
    names: () => logNames(client, namespace),
    log: (name) => new RedisArchiveLog(client, namespace, name),
    isTight: () => isTight(client),
    sealDead: async () => {
      const info = await readInfo(client, 'server');
      const upMillis = Number(info.get('uptime_in_seconds') ?? 0) * 1000;
      if (upMillis < Math.min(RETURN_MILLIS, deadAfterMillis)) return 0;
      const deadline = Date.parse(now()) - deadAfterMillis;
      return sealDeadLanes(options, (lastAt) => Date.parse(lastAt) <= deadline);
    },
  };
}

/** Never where there is no limit, or Redis does not say. */
async function isTight(client: RedisClient): Promise<boolean> {
  const info = await readInfo(client, 'memory');
  const limit = Number(info.get('maxmemory') ?? 0);
  return limit > 0 && Number(info.get('used_memory') ?? 0) > TIGHT_SHARE * limit;
}

async function readInfo(client: RedisClient, section: string) {
  return parseInfo(await client.info(section));
}
